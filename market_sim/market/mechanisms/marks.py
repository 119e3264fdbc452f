"""Marks: the prices at which positions are valued (rulebook F-2.5).

A mark is not the last trade, because one wild trade must not ruin anybody. It is, in this order: the believed value
of the instrument; the middle of its book while it trades; in a call, the price that the auction would give; the last
trade. It is read anew each time: a mark remembered from before a halt would be a price that nobody trades at (BL15).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

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
