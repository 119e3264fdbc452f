"""The orders of a live market, each as its owner sees it: from the journal alone, the ended ones for a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from market_sim.core.models.event import Event
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    Trade,
    book_name,
)

ENDED_KEPT = 500
"""The ended orders of one account that are kept; older ones are in the journal."""

Status = Literal["open", "waiting", "filled", "cancelled"]


class OrderView(msgspec.Struct):
    """An order as it is now."""

    order: int
    account: str
    time: int
    """When it was accepted."""
    symbol: str
    side: int
    limit: int | None
    """Its limit now; None for a market order."""
    quantity: int
    """Its quantity now, with what has traded and without what self-trade prevention has taken."""
    filled: int
    remaining: int
    status: Status
    """waiting (for a trigger, a midpoint or an auction), open, filled or cancelled."""
    reason: str
    """Why it ended without having traded wholly; else empty."""
    value: int
    """What its fills were worth: the sum of price times quantity."""
    fees: int
    terms: PlaceOrder
    """What was asked for."""

    @property
    def book(self) -> str:
        """The name of its book."""
        return book_name(self.symbol, self.terms.venue)

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.status in ("open", "waiting")


class LiveOrders:
    """Every open order and the last ended ones of each account."""

    def __init__(self, phase: Callable[[str], str], has_midpoint: Callable[[str], bool]) -> None:
        """Both are asked by the name of a book: an order may wait for an auction, a pegged one for a midpoint."""
        self._phase, self._has_midpoint = phase, has_midpoint
        self._open: dict[str, dict[int, OrderView]] = {}
        self._ended: dict[str, deque[int]] = {}
        self._known: dict[int, OrderView] = {}
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            OrderAccepted: self._accepted,
            Trade: self._traded,
            OrderCancelled: self._cancelled,
            OrderAmended: self._amended,
            OrderTriggered: self._triggered,
        }

    def of(self, account: str, is_open: bool | None) -> list[OrderView]:
        """The orders of an account, oldest first: open ones, ended ones, or both."""
        open_ones = [self._seen(one) for one in self._open.get(account, {}).values()]
        if is_open:
            return open_ones
        ended = [self._seen(self._known[number]) for number in self._ended.get(account, ())]
        return ended if is_open is False else sorted(ended + open_ones, key=lambda one: one.order)

    def find(self, number: int) -> OrderView | None:
        """The order with this number; None if there was none, or it ended long ago."""
        known = self._known.get(number)
        return None if known is None else self._seen(known)

    def by_client_id(self, account: str, client_id: str) -> OrderView | None:
        """The order that its owner calls so, if it is still kept."""
        return next((one for one in self.of(account, None) if one.terms.client_id == client_id), None)

    def _seen(self, order: OrderView) -> OrderView:
        """A copy for a reader; whether a pegged order has a price depends on the book as it is now."""
        conditions = order.terms.conditions
        status = order.status
        if status == "open" and conditions is not None and conditions.peg:
            rests = self._phase(order.book) == "continuous" and self._has_midpoint(order.book)
            status = "open" if rests else "waiting"
        return msgspec.structs.replace(order, status=status)

    def _accepted(self, event: OrderAccepted) -> None:
        terms = event.terms
        stops = terms.conditions is not None and terms.conditions.stop is not None
        collects = terms.limit is None and self._phase(book_name(terms.symbol, terms.venue)) == "call"
        order = OrderView(
            event.order, event.account, event.time, terms.symbol, terms.side, terms.limit, terms.quantity, 0,
            terms.quantity, "waiting" if stops or collects else "open", "", 0, 0, terms,
        )  # fmt: skip
        self._known[event.order] = order
        self._open.setdefault(event.account, {})[event.order] = order

    def _traded(self, event: Trade) -> None:
        for number, fee in ((event.maker_order, event.maker_fee), (event.taker_order, event.taker_fee)):
            order = self._known.get(number)
            if order is not None:
                order.filled += event.quantity
                order.remaining -= event.quantity
                order.value += event.price * event.quantity
                order.fees += fee
                if not order.remaining:
                    self._end(order, "filled", "")

    def _cancelled(self, event: OrderCancelled) -> None:
        order = self._known.get(event.order)
        if order is None:
            return
        order.remaining -= event.quantity
        if not order.remaining:
            self._end(order, "cancelled", event.reason)
        else:
            order.quantity -= event.quantity

    def _amended(self, event: OrderAmended) -> None:
        order = self._known.get(event.order)
        if order is not None:
            order.remaining += event.quantity - order.quantity
            order.quantity = event.quantity
            if order.limit is not None:
                order.limit = event.limit

    def _triggered(self, event: OrderTriggered) -> None:
        order = self._known.get(event.order)
        if order is not None:
            order.status = "open"

    def _end(self, order: OrderView, status: Status, reason: str) -> None:
        order.status, order.reason = status, reason
        self._open[order.account].pop(order.order, None)
        ended = self._ended.setdefault(order.account, deque())
        ended.append(order.order)
        if len(ended) > ENDED_KEPT:
            del self._known[ended.popleft()]
