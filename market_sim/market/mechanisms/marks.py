"""Marks: the prices at which positions are valued (rulebook F-2.5).

A mark is not the last trade, because one outlying trade must not liquidate an account. It is the first of these that
exists: the believed value of the instrument; the midpoint of its book in continuous trading; the indicative price in a
call; the last trade. It is computed anew each time: a mark from before a halt would be out of date.

A snapshot is the set of all marks at one moment, which then stays unchanged (L5): one round of a liquidation uses one
snapshot for all accounts, and the trades of the round do not change it. An instrument without a mark of its own gets
one by its rule (L10): a margined contract takes the mark of its underlying, an option its intrinsic value, any other
its previous mark. An instrument that never had a mark counts as zero if it is owned, and cannot be sold short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from market_sim.core.models.instruments import Instrument
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, IN_CALL, Listing


class Priced(Protocol):
    """A source of prices, such as a believed value."""

    @property
    def price(self) -> int:
        """The present price."""


class Marks:
    """The present marks of instruments."""

    def __init__(self, values: Mapping[str, Priced] | None = None) -> None:
        self.values: Mapping[str, Priced] = {} if values is None else values

    def mark(self, listing: Listing) -> int | None:
        """The present mark of an instrument; None if it never had a price."""
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
        """Take a new snapshot; earlier ones stay unchanged."""
        fresh: dict[str, int] = {}
        values, derived = self._marks.values, list[Instrument]()
        for symbol, listing in self._exchange.listings.items():
            instrument = listing.instrument
            first = instrument.marked_by_underlying == "first" and symbol not in values
            mark = None if first and instrument.underlying in values else self._marks.mark(listing)
            if mark is not None:
                fresh[symbol] = mark
            elif instrument.marked_by_underlying != "never":
                derived.append(instrument)
            elif symbol in self.known:
                fresh[symbol] = self.known[symbol]
        for each in derived:
            base = values[each.underlying].price if each.underlying in values else fresh.get(each.underlying)
            mark = self.known.get(each.symbol) if base is None else each.mark_from(base)
            if mark is not None:
                fresh[each.symbol] = mark
        self.known = fresh
        return fresh
