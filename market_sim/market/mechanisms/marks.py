"""Marks: the prices at which positions are valued (rulebook F-2.5).

A mark is not the last trade, because one wild trade must not ruin anybody. It is, in this order: the believed value
of the instrument; the middle of its book while it trades; in a call, the price that the auction would give; the last
trade. It is read anew each time: a mark remembered from before a halt would be a price that nobody trades at (BL15).

A snapshot is all marks of one moment, taken together and then left alone (L5): everybody who is judged in one round of
a liquidation is judged by one snapshot, and the trades of the round change no mark of it. What has no mark of its own
gets one by its instrument's rule, never by an exception (L10): a contract that is paid for later takes that of its
underlying, an option what exercising would be worth, anything else the mark it had before. What never had one counts
nothing when it is owned, and nobody may sell it short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from market_sim.core.models.instruments import Instrument
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, IN_CALL, Listing


class Priced(Protocol):
    """Whatever has a price at every moment, such as a believed value."""

    @property
    def price(self) -> int:
        """What it is worth now."""


class Marks:
    """Says what one unit of an instrument is worth now."""

    def __init__(self, values: Mapping[str, Priced] | None = None) -> None:
        self.values: Mapping[str, Priced] = {} if values is None else values

    def mark(self, listing: Listing) -> int | None:
        """The mark of this moment; None for an instrument that never had any price."""
        value = self.values.get(listing.symbol)
        if value is not None:
            return value.price
        if listing.phase == CONTINUOUS:
            bid, ask = listing.book.best_bid, listing.book.best_ask
            if bid is not None and ask is not None:
                return (bid + ask) // 2
        elif listing.phase == IN_CALL and listing.indicative[0] is not None:
            return listing.indicative[0]
        return listing.last


class Snapshots:
    """The marks of one exchange; `known` is the last snapshot, which holds until the next one is taken."""

    def __init__(self, exchange: Exchange, marks: Marks) -> None:
        self._exchange = exchange
        self._marks = marks
        self.known: dict[str, int] = {}

    def take(self) -> dict[str, int]:
        """A new snapshot; the old one stays as it was for whoever still holds it."""
        fresh: dict[str, int] = {}
        values, derived = self._marks.values, list[Instrument]()
        for symbol, listing in self._exchange.listings.items():
            instrument = listing.instrument
            first = instrument.marked_by_underlying == "first" and symbol not in values
            mark = None if first and _underlying(instrument) in values else self._marks.mark(listing)
            if mark is not None:
                fresh[symbol] = mark
            elif instrument.marked_by_underlying != "never":
                derived.append(instrument)
            elif symbol in self.known:
                fresh[symbol] = self.known[symbol]
        for each in derived:
            underlying = _underlying(each)
            base = values[underlying].price if underlying in values else fresh.get(underlying)
            mark = self.known.get(each.symbol) if base is None else each.mark_from(base)
            if mark is not None:
                fresh[each.symbol] = mark
        self.known = fresh
        return fresh


def _underlying(instrument: Instrument) -> str:
    return getattr(instrument, "underlying", "")
