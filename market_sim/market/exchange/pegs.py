"""The waiting list of pegged orders, which knows at once whether two of them could trade at a midpoint.

In a dark pool hundreds of orders wait while the midpoint moves with every change of a lit quote, and at almost every
new midpoint nothing trades. So the orders of each side are kept by their limits, and one look at the best of each is
enough. With `side * limit` as the first part of the key both sides are ascending lists, the best order last.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from market_sim.core.models.intents import BUY, SELL
from market_sim.market.exchange.order import Order


class WaitingPegs:
    """The open pegged orders of one listing, in the book or outside of it, by their numbers."""

    __slots__ = ("_limits", "orders")

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self._limits: dict[int, list[tuple[int, int]]] = {SELL: [], BUY: []}
        """(side * limit, number) of each order, by side."""

    def __bool__(self) -> bool:
        return bool(self.orders)

    def add(self, order: Order) -> None:
        """Add an order, under its own limit."""
        self.orders[order.id] = order
        insort(self._limits[order.side], (order.side * order.cap, order.id))

    def remove(self, order: Order) -> None:
        """Remove an order that is filled, moves, expires or is cancelled."""
        del self.orders[order.id]
        limits = self._limits[order.side]
        del limits[bisect_left(limits, (order.side * order.cap, order.id))]

    def cross_at(self, price: int) -> bool:
        """Whether an order of each side accepts this price."""
        buys, sells = self._limits[BUY], self._limits[SELL]
        return bool(buys and sells) and buys[-1][0] >= price >= -sells[-1][0]

    def accepting(self, side: int, price: int) -> list[Order]:
        """The orders of one side that accept this price, oldest first."""
        limits = self._limits[side]
        numbers = [number for _, number in limits[bisect_left(limits, (side * price,)) :]]
        return [self.orders[number] for number in sorted(numbers)]
