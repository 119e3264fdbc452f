"""The dark pool: orders that nobody sees wait to trade with each other at the midpoint of what other venues show.

An order for a dark pool has a limit, beyond which it does not follow the midpoint, and waits. The midpoint is that of
the best bid and the best ask over all lit venues. It is rounded against the order where it lies between two ticks, so
two orders trade only at a midpoint that is a price (rulebook F-1.2). When the quotes of a lit venue move so that two
orders can trade, they do at once, before anybody else acts.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from market_sim.core.models.intents import Conditions, PlaceOrder
from market_sim.market.exchange.exchange import Exchange

AT_MIDPOINT = Conditions(peg="mid")


def at_midpoint(intent: PlaceOrder) -> PlaceOrder:
    """The order as a dark pool takes it: following the midpoint."""
    conditions: object = intent.conditions  # a participant may pass any object, despite the types
    if conditions is None:
        return msgspec.structs.replace(intent, conditions=AT_MIDPOINT)
    if not isinstance(conditions, Conditions):
        return intent
    return msgspec.structs.replace(intent, conditions=msgspec.structs.replace(conditions, peg="mid"))


class MidpointFollower:
    """Lets the orders of a dark pool follow the quotes of one lit venue, after each message there."""

    def __init__(self, pool: Exchange, lit: Exchange, is_down: Callable[[str], bool]) -> None:
        self._pool, self._is_down = pool, is_down
        self._waiting, self._showing = pool.listings, lit.listings
        self._seen: dict[str, tuple[int | None, int | None]] = {}

    def follow(self) -> None:
        """Let two orders in the pool trade if the quotes have moved to where both would."""
        for symbol, listing in self._waiting.items():
            here = self._showing.get(symbol)
            if here is None or not listing.pegs.orders:
                continue
            # Almost no message changes the quotes, so this is asked first.
            quotes = here.book.quotes
            if quotes != self._seen.get(symbol) and not self._is_down(self._pool.name):
                self._seen[symbol] = quotes
                self._pool.phases.finish(listing)
