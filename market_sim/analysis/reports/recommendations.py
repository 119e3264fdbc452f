"""The recommendations of a weekly report: each names its saving, worked out from the same run.

    fees       the fees of its trades as taker less those of the other sides: what waiting in the book would have paid
    sizes      what the largest class of orders paid beyond the midpoint, less that value at the rate of the smallest
    orders     the largest saving among those of an order whose shortfall is told (rulebook F-8.6)
    week       what an account lost by trading in its worst week
    refusals   the messages that came to nothing

A saving counts what was paid; nobody says that the market would have been the same without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.slippage import by_size
from market_sim.analysis.refusals import refusals
from market_sim.analysis.reports.attribution import Part
from market_sim.analysis.reports.sheet import Head, Sheet
from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, Trade

MANY_REFUSALS = 0.05
"""The share of refused intents from which on it is said."""
DEAR = 1.2
"""How many times dearer for its size the largest class must be to be named."""
MESSAGES = "messages"
"""The unit of what is saved where it is no money."""


class Advice(NamedTuple):
    """One recommendation, and what it would have saved."""

    sentence: str
    saving: int
    """In the smallest unit of the currency, or in messages."""
    currency: str
    words: str
    """The saving as people read it."""

    def __str__(self) -> str:
        """The recommendation with its saving."""
        return f"{self.sentence} Saves {self.words}."


def recommendations(result: Result, parts: list[Part]) -> list[Advice]:
    """What the figures of the run suggest, in money the largest saving first."""
    found = [*_fees(result.journal, parts), *_worst(parts, Words(result.journal))]
    if any(True for _ in result.journal.of(Trade)):
        microscope = Microscope(result.journal)
        found += [*_sizes(microscope, Words(result.journal)), *_orders(microscope, Words(result.journal))]
    found.sort(key=lambda one: -one.saving)
    return [*found, *_refused(result.journal)]


def advice_sheet(advice: Sequence[Advice]) -> Sheet:
    """The same as a table."""
    heads = (
        Head("recommendation", "text", "what to do, and the figures behind it"),
        Head("currency", "text", "of the saving, or messages"),
        Head("saving", "money", "what was paid for nothing in this run"),
    )
    rows = [(one.sentence, one.currency, one.saving) for one in advice]
    return Sheet("savings", "What each recommendation saves", "On the same run; the largest first.", heads, rows)


def _money(sentence: str, words: Words, currency: str, saving: int) -> Advice:
    return Advice(sentence, saving, currency, words.amount(currency, saving))


def _fees(journal: Journal, parts: list[Part]) -> Iterator[Advice]:
    words = Words(journal)
    sums: dict[tuple[str, str], list[int]] = {}
    for part in parts:
        cell = sums.setdefault((part.account, part.currency), [0, 0])
        cell[0] += part.trading
        cell[1] += part.fees
    eaten = [(fees, trading, key) for key, (trading, fees) in sums.items() if 0 < trading < fees]
    if not eaten:
        return
    fees, trading, (account, currency) = max(eaten)
    quotes = {event.symbol: event.quote for event in journal.of(InstrumentListed)}
    saving = sum(
        one.taker_fee - one.maker_fee
        for one in journal.of(Trade)
        if one.taker == account and quotes[one.symbol] == currency
    )
    if saving > 0:
        yield _money(
            f"{account} gained {words.amount(currency, trading)} by trading and paid {words.amount(currency, fees)} of "
            f"fees: quote more and take less.", words, currency, saving,
        )  # fmt: skip


def _sizes(found: Microscope, words: Words) -> Iterator[Advice]:
    for book in found.books:
        cells = [cell for cell in by_size(book.spreads) if cell.value]
        if len(cells) < 2:
            continue
        small, large = cells[0], cells[-1]
        saving = round((large.bps - small.bps) * large.value * book.listed.multiplier / 10_000)
        if small.bps > 0 and large.bps > DEAR * small.bps and saving > 0:
            yield _money(
                f"In {book.name} orders of {large.name} paid {large.bps:.1f} basis points beyond the midpoint, "
                f"those of {small.name} paid {small.bps:.1f}: split large orders.", words, book.listed.quote, saving,
            )  # fmt: skip


def _orders(found: Microscope, words: Words) -> Iterator[Advice]:
    for order in found.orders:
        advice = found.advice(order)
        if advice and advice[0].saving // 2 > 0:
            sentence = f"The order of {order.agent}, {order.name}: {advice[0].advice}."
            yield _money(sentence, words, order.listed.quote, advice[0].saving // 2)


def _worst(parts: list[Part], words: Words) -> Iterator[Advice]:
    losing = [part for part in parts if part.trading < 0]
    if losing:
        worst = min(losing, key=lambda part: part.trading)
        yield _money(
            f"The worst week by trading was week {worst.period} of {worst.account} ({worst.strategy}): look at its "
            f"trades of that week first.", words, worst.currency, -worst.trading,
        )  # fmt: skip


def _refused(journal: Journal) -> Iterator[Advice]:
    told = [one for one in refusals(journal) if one.by == "exchange"]
    accepted = sum(1 for _ in journal.of(OrderAccepted))
    refused = sum(one.count for one in told)
    if told and refused >= MANY_REFUSALS * (accepted + refused):
        most = max(told, key=lambda one: one.count)
        yield Advice(
            f"{refused:,} of {accepted + refused:,} intents were refused, {most.count:,} of them for {most.reason}: "
            f"{most.rule.rstrip('.')}. Check this before you send.", most.count, MESSAGES, f"{most.count:,} {MESSAGES}",
        )  # fmt: skip
