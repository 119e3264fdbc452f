"""The recommendations of a weekly report: each a sentence that names the figures it follows from."""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.slippage import by_size
from market_sim.analysis.refusals import refusals
from market_sim.analysis.reports.attribution import Part
from market_sim.analysis.results.result import Result
from market_sim.analysis.words import Words
from market_sim.core.models.market_events import OrderAccepted, Trade

MANY_REFUSALS = 0.05
"""The share of refused intents from which on it is said."""
DEAR = 1.2
"""How many times dearer for its size the largest class must be to be named."""


def recommendations(result: Result, parts: list[Part]) -> Iterator[str]:
    """What the figures of the run suggest."""
    journal, words = result.journal, Words(result.journal)
    yield from _fees(parts, words)
    if any(True for _ in journal.of(Trade)):
        yield from _sizes(Microscope(journal))
    told = [one for one in refusals(journal) if one.by == "exchange"]
    accepted = sum(1 for _ in journal.of(OrderAccepted))
    refused = sum(one.count for one in told)
    if told and refused >= MANY_REFUSALS * (accepted + refused):
        most = max(told, key=lambda one: one.count)
        yield (
            f"{refused:,} of {accepted + refused:,} intents were refused, {most.count:,} of them for {most.reason}: "
            f"{most.rule.rstrip('.')}. Check this before you send."
        )
    yield from _worst(parts, words)


def _fees(parts: list[Part], words: Words) -> Iterator[str]:
    sums: dict[tuple[str, str], list[int]] = {}
    for part in parts:
        cell = sums.setdefault((part.account, part.currency), [0, 0])
        cell[0] += part.trading
        cell[1] += part.fees
    eaten = [(fees, trading, key) for key, (trading, fees) in sums.items() if 0 < trading < fees]
    if eaten:
        fees, trading, (account, currency) = max(eaten)
        yield (
            f"{account} gained {words.amount(currency, trading)} by trading and paid {words.amount(currency, fees)} of "
            f"fees: it would have kept a gain by taking less and quoting more."
        )


def _sizes(found: Microscope) -> Iterator[str]:
    for book in found.books:
        cells = [cell for cell in by_size(book.spreads) if cell.value]
        if len(cells) < 2:
            continue
        small, large = cells[0], cells[-1]
        if small.bps > 0 and large.bps > DEAR * small.bps:
            yield (
                f"In {book.name} orders of {large.name} paid {large.bps:.1f} basis points beyond the midpoint, "
                f"those of {small.name} paid {small.bps:.1f}: split large orders."
            )


def _worst(parts: list[Part], words: Words) -> Iterator[str]:
    losing = [part for part in parts if part.trading < 0]
    if losing:
        worst = min(losing, key=lambda part: part.trading)
        yield (
            f"The worst week by trading was week {worst.period} of {worst.account} ({worst.strategy}): "
            f"{words.amount(worst.currency, worst.trading)}. Look at its trades of that week first."
        )
