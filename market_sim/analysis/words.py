"""The formatting of a run's numbers: prices, quantities, amounts, blocks and orders as text."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.models import consensus_events as consensus
from market_sim.core.models import market_events as market
from market_sim.core.models import run_events as run
from market_sim.core.models.event import Numbers
from market_sim.core.models.figures import NO_FIGURES, Figures, symbol_in
from market_sim.core.models.intents import SIDE_NAMES, PlaceOrder
from market_sim.core.models.reasons import REASONS, explain

SHORT = 6
"""The number of digits of a hash that are shown."""
HASH = re.compile(r"\b[0-9a-f]{64}\b")


class Words(Figures):
    """Formats the numbers of one run: prices by instrument, amounts by asset, blocks by epoch."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.listed = {event.symbol: event for event in journal.of(market.InstrumentListed)}
        super().__init__(self.listed.values())
        self.epoch_of = {event.block: event.epoch for event in journal.of(consensus.BlockProposed)}
        genesis = next((event.genesis for event in journal.of(run.CommitteeSeated)), "")
        self.epoch_of[genesis] = 0

    @cached_property
    def _orders(self) -> dict[int, str]:
        return {event.order: event.terms.symbol for event in self._journal.of(market.OrderAccepted)}

    @cached_property
    def noun(self) -> tuple[str, str]:
        """The noun for the entries of this run, one and several."""
        return entry_noun(self._journal)

    def refused(self, event: market.OrderRejected) -> str:
        """Why an intent was refused: the sentence with its figures."""
        symbol = symbol_in(event.intent)
        if not symbol and (order := re.search(r"\border=(\d+)", event.intent)):
            symbol = self.symbol(int(order[1]))
        return reason_sentence(event.reason, event.numbers, self, symbol)

    def symbol(self, order: int) -> str:
        """The symbol of an order; "" for an unknown order."""
        return self._orders.get(order, "")

    def price(self, symbol: str, price: int | None) -> str:
        """A price of this instrument."""
        return "the market" if price is None else super().price(symbol, price)

    def unit(self, symbol: str) -> int:
        """How many of the smallest units of this instrument one whole of it is."""
        listed = self.listed.get(symbol)
        return 10**listed.quantity_decimals if listed else 1

    def block(self, block: str) -> str:
        """A block by its epoch and the first digits of its hash."""
        epoch = self.epoch_of.get(block)
        if epoch == 0:
            return "genesis"
        return f"block {block[:SHORT]}" if epoch is None else f"block {epoch} ({block[:SHORT]})"

    def order(self, terms: PlaceOrder) -> str:
        """The terms of an order: buy 5 ACME at 100.01, gtc."""
        book = market.book_name(terms.symbol, terms.venue)
        where = "at the market" if terms.limit is None else f"at {self.price(terms.symbol, terms.limit)}"
        rare = "" if terms.conditions is None else f" ({_conditions(terms.conditions)})"
        live = "" if terms.time_in_force == "gtc" else f", {terms.time_in_force}"
        return f"{SIDE_NAMES[terms.side]} {self.size(terms.symbol, terms.quantity)} {book} {where}{live}{rare}"


def entry_noun(journal: Journal) -> tuple[str, str]:
    """The noun for the entries of a run, one and several: trades, where all entries are trades."""
    others = (event for kind in (market.Transferred, market.Deposited, market.Withdrawn) for event in journal.of(kind))
    return ("entry", "entries") if any(map(market.entry_number, others)) else ("trade", "trades")


def with_short_hashes(sentence: str) -> str:
    """A sentence with shortened hashes; hashes with equal beginnings keep enough digits to differ.

    >>> with_short_hashes(f"block {'ab' * 32} extends block {'abcd' * 16}, block {'ab' * 32} does not")
    'block ababab extends block abcdab, block ababab does not'
    >>> with_short_hashes(f"the message is for {'0' * 63}1, this is {'0' * 7}1{'0' * 56}")
    'the message is for 00000000, this is 00000001'
    """
    found = set(HASH.findall(sentence))
    digits = SHORT
    while len({name[:digits] for name in found}) < len(found):
        digits += 1
    return HASH.sub(lambda match: match[0][:digits], sentence)


def signed(amount: str) -> str:
    """A written amount with its sign.

    >>> signed("150.00 USD"), signed("-150.00 USD"), signed("0.00 USD")
    ('+150.00 USD', '-150.00 USD', '0.00 USD')
    """
    return f"+{amount}" if amount[0] != "-" and amount.strip("0., ")[:1].isdigit() else amount


def reason_sentence(code: str, numbers: Numbers, figures: Figures = NO_FIGURES, symbol: str = "") -> str:
    """The sentence of a refusal with its numbers; the rule if numbers are missing; the code if it is unknown."""
    try:
        return explain(code, numbers, figures, symbol)
    except KeyError:
        known = REASONS.get(code)
        return known.rule if known else code


def _conditions(conditions: Any) -> str:
    plain = msgspec.to_builtins(conditions)
    return ", ".join(name if value is True else f"{name} {value}" for name, value in plain.items() if value)
