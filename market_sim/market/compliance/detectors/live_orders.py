"""The live orders of every owner, followed from the events alone: what a detector of pressure on prices looks at.

Only orders that the book shows can press on a price: hidden and pegged orders, stops that wait and orders without a
limit are not followed. Several detectors may share one instance: the first that reads an event moves it on.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import nlargest, nsmallest
from typing import Any

from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import (
    AccountOpened,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    book_name,
)

BY_ITS_OWNER = "CANCELLED"
AT_ONCE = ("ioc", "fok")


class LiveOrder:
    """One displayed order, and what its owner offered on the other side when it arrived."""

    __slots__ = (
        "account", "filled", "levels", "limit", "number", "other", "other_live", "other_posted", "own", "owner",
        "pressed", "quantity", "receded", "remaining", "share", "side", "symbol", "time", "times",
    )  # fmt: skip

    def __init__(self, event: OrderAccepted, owner: str, symbol: str, limit: int) -> None:
        terms = event.terms
        self.number, self.account, self.owner, self.symbol = event.order, event.account, owner, symbol
        self.side, self.limit, self.time = terms.side, limit, event.time
        self.quantity = self.remaining = terms.quantity
        self.filled = 0
        self.other_live = self.other_posted = 0
        self.times = self.share = 0
        self.pressed: Trade | None = None
        """The last trade of its owner on the other side while it was live."""
        self.own: OwnerSide
        self.other: OwnerSide
        self.levels: dict[int, int]
        """What its owner has on its side and on the other one, and the depth of its side."""
        self.receded = False
        """Whether its last amendment took it away from the market, or made it smaller."""


class OwnerSide:
    """What one owner has on one side of one book."""

    __slots__ = ("live", "orders", "posted")

    def __init__(self) -> None:
        self.orders: dict[int, LiveOrder] = {}
        self.live = 0
        self.posted = 0
        """The total quantity of the orders so far that were meant to wait."""


class LiveOrders:
    """Every live order by its number, by its owner and side, and the displayed depth."""

    def __init__(self) -> None:
        self.orders: dict[int, LiveOrder] = {}
        self.owners: dict[str, str] = {}
        self._sides: dict[tuple[str, str, int], OwnerSide] = {}
        self._levels: dict[tuple[str, int], dict[int, int]] = {}
        self._last: Event | None = None
        self._answer: Any = None
        self.effects: dict[type[Event], Callable[[Any], Any]] = {
            AccountOpened: self.opened,
            OrderAccepted: self.accepted,
            OrderAmended: self.amended,
            OrderCancelled: self.cancelled,
            Trade: self.traded,
        }

    def read(self, event: Event) -> Any:
        """Follow an event, once; returns the live orders that it is about."""
        if event is not self._last:
            self._last = event
            self._answer = self.effects[type(event)](event)
        return self._answer

    def opened(self, event: AccountOpened) -> None:
        """Note the beneficial owner of an account."""
        self.owners[event.account] = event.owner

    def side(self, owner: str, symbol: str, side: int) -> OwnerSide:
        """What an owner has on one side of a book."""
        key = owner, symbol, side
        found = self._sides.get(key)
        if found is None:
            found = self._sides[key] = OwnerSide()
        return found

    def near_share(self, order: LiveOrder, levels: int) -> int:
        """The share in percent that an order has of the depth at the best prices; 0 if it is further away."""
        depth = self._levels[order.symbol, order.side]
        best = nlargest(levels, depth) if order.side == BUY else nsmallest(levels, depth)
        return 100 * order.remaining // sum(depth[price] for price in best) if order.limit in best else 0

    def two_sided(self, first: LiveOrder, quantity: int, percent: int) -> bool:
        """Whether the owner of an order offered so much of a quantity on the other side, too, since it arrived."""
        other = first.other
        return 100 * (first.other_live + other.posted - first.other_posted) >= percent * quantity

    def accepted(self, event: OrderAccepted) -> LiveOrder | None:
        """Follow a displayed order with a limit."""
        terms = event.terms
        limit, conditions = terms.limit, terms.conditions
        if limit is None or (
            conditions is not None and (conditions.hidden or conditions.peg or conditions.stop is not None)
        ):
            return None
        owner = self.owners.get(event.account, event.account)
        symbol = book_name(terms.symbol, terms.venue) if terms.venue else terms.symbol
        order = self.orders[event.order] = LiveOrder(event, owner, symbol, limit)
        other = self.side(owner, symbol, -order.side)
        order.other_live, order.other_posted = other.live, other.posted
        own = self.side(owner, symbol, order.side)
        own.orders[event.order] = order
        own.live += order.quantity
        if terms.time_in_force not in AT_ONCE:
            own.posted += order.quantity
        levels = self._levels.setdefault((symbol, order.side), {})
        levels[limit] = levels.get(limit, 0) + order.quantity
        order.own, order.other, order.levels = own, other, levels
        return order

    def amended(self, event: OrderAmended) -> LiveOrder | None:
        """An order has a new limit and a new total quantity."""
        order = self.orders.get(event.order)
        if order is None:
            return None
        order.receded = (order.limit - event.limit) * order.side > 0 or event.quantity < order.quantity
        remaining, quantity = event.quantity - order.filled, event.quantity
        self._change(order, -order.remaining)
        order.limit = event.limit
        order.own.posted += quantity - order.quantity
        order.quantity = quantity
        self._change(order, remaining)
        return order

    def traded(self, event: Trade) -> tuple[LiveOrder | None, LiveOrder | None]:
        """A fill reduces both orders; returns the maker's and the taker's."""
        orders, quantity = self.orders, event.quantity
        found = orders.get(event.maker_order), orders.get(event.taker_order)
        for order in found:
            if order is not None:
                order.filled += quantity
                self._change(order, -quantity)
        return found

    def cancelled(self, event: OrderCancelled) -> LiveOrder | None:
        """The rest of an order, or a part of it, was withdrawn."""
        order = self.orders.get(event.order)
        if order is not None:
            self._change(order, -event.quantity)
        return order

    def _change(self, order: LiveOrder, quantity: int) -> None:
        before = order.remaining
        order.remaining = remaining = before + quantity
        own, levels, limit = order.own, order.levels, order.limit
        own.live += quantity
        after = levels.get(limit, 0) + quantity
        if after:
            levels[limit] = after
        else:
            levels.pop(limit, None)
        if not remaining:
            own.orders.pop(order.number, None)
            self.orders.pop(order.number, None)
        elif not before:
            own.orders[order.number] = order
            self.orders[order.number] = order
