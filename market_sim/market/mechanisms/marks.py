"""Marks: the prices at which positions are valued, taken all at once (finance rule 2.5).

A mark is not the last trade, because one wild trade must not ruin anybody. It is, in this order: the believed value
of the instrument; that of its underlying, for a contract that is paid for later; the middle of its book while it
trades; in a call, the price that the auction would give; the last trade; for an option, what exercising would be
worth; the mark it had before. An instrument with none of these has no mark: what is owned of it counts nothing, and
nobody may sell it short (L10).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from market_sim.core.models.derivatives import Future, Option, Perpetual
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import CONTINUOUS, IN_CALL, Listing


class Priced(Protocol):
    """Whatever has a price at every moment, such as a believed value."""

    @property
    def price(self) -> int:
        """What it is worth now."""


class Marks:
    """The source of marks for one exchange; `take` reads all of them at one moment."""

    def __init__(self, exchange: Exchange, values: Mapping[str, Priced] | None = None) -> None:
        self._exchange = exchange
        self._values = values or {}
        self.known: dict[str, int] = {}
        """The last snapshot: what holds until the next one is taken."""

    def take(self) -> dict[str, int]:
        """A new snapshot; the old one stays as it was for whoever still holds it."""
        fresh: dict[str, int] = {}
        options = []
        for symbol, listing in self._exchange.listings.items():
            mark = self._seen(symbol, listing)
            if mark is not None:
                fresh[symbol] = mark
            elif type(listing.instrument) is Option:
                options.append(listing.instrument)
            elif symbol in self.known:
                fresh[symbol] = self.known[symbol]
        for option in options:
            if option.underlying in fresh:
                fresh[option.symbol] = option.intrinsic(fresh[option.underlying])
        self.known = fresh
        return fresh

    def _seen(self, symbol: str, listing: Listing) -> int | None:
        values, instrument = self._values, listing.instrument
        if symbol in values:
            return values[symbol].price
        if type(instrument) in (Perpetual, Future) and instrument.underlying in values:  # type: ignore[attr-defined]
            return values[instrument.underlying].price  # type: ignore[attr-defined]
        if listing.phase == CONTINUOUS:
            bid, ask = listing.book.best_bid, listing.book.best_ask
            if bid is not None and ask is not None:
                return (bid + ask) // 2
        elif listing.phase == IN_CALL and listing.indicative[0] is not None:
            return listing.indicative[0]
        return listing.last
