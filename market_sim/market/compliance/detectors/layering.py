"""Layering: a stack of orders at several prices that is cancelled once its owner has traded on the other side.

At least three orders of one side at three prices, a trade of their owner on the other side, and four fifths of them
cancelled within five seconds (rulebook F-6.4). A maker renews a ladder of quotes in the same way, but it has one on
each side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.event import Event, Numbers
from market_sim.core.models.market_events import (
    AccountOpened,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
)
from market_sim.core.units import MILLISECOND
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import BY_ITS_OWNER, LiveOrder, LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds


@dataclass
class Stack:
    """The layers of one side at the moment of a trade on the other one, and which of them were cancelled since."""

    trade: Trade
    orders: tuple[int, ...]
    prices: int
    cancelled: dict[int, None] = field(default_factory=dict)


class Layering(Detector):
    """Finds stacks of orders that were shown only until a trade on the other side was done."""

    kind = "LAYERING"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._stacks: dict[tuple[str, str, int], Stack] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Orders and trades."""
        return {
            AccountOpened: self._followed,
            OrderAccepted: self._followed,
            OrderAmended: self._amended,
            OrderCancelled: self._cancelled,
            Trade: self._traded,
        }

    def _followed(self, event: Event) -> Iterable[Alert]:
        self.live.read(event)
        return NOTHING

    def _traded(self, event: Trade) -> Iterable[Alert]:
        least = self.thresholds.layers
        for order in self.live.read(event):
            if order is not None and len(order.other.orders) >= least:
                self._look_behind(order, event)
        return NOTHING

    def _look_behind(self, order: LiveOrder, event: Trade) -> None:
        """Note the stack that the owner of a trade has on the other side."""
        limits, key = self.thresholds, (order.owner, order.symbol, -order.side)
        side = order.other
        layers = side.orders
        first = next(iter(layers.values()))
        if self.live.two_sided(first, side.live, limits.two_sided_percent):
            return
        known = self._stacks.get(key)
        if known is not None and known.cancelled and event.time - known.trade.time <= limits.pressure_window_ns:
            return  # being pulled down: what is left of it makes no new stack
        prices = len({layer.limit for layer in layers.values()})
        if prices >= limits.layers:
            self._stacks[key] = Stack(event, tuple(layers), prices)

    def _amended(self, event: OrderAmended) -> Iterable[Alert]:
        order: LiveOrder | None = self.live.read(event)
        return self._pulled(order, event.time) if order is not None and order.receded else NOTHING

    def _cancelled(self, event: OrderCancelled) -> Iterable[Alert]:
        order: LiveOrder | None = self.live.read(event)
        if order is None or event.reason != BY_ITS_OWNER:
            return NOTHING
        return self._pulled(order, event.time)

    def _pulled(self, order: LiveOrder, time: int) -> Iterable[Alert]:
        """One layer was withdrawn by its owner: is most of the stack gone?"""
        limits, key = self.thresholds, (order.owner, order.symbol, order.side)
        stack = self._stacks.get(key)
        if stack is None or order.number not in stack.orders:
            return NOTHING
        if time - stack.trade.time > limits.pressure_window_ns:
            del self._stacks[key]
            return NOTHING
        stack.cancelled[order.number] = None
        if 100 * len(stack.cancelled) < limits.layer_cancelled_percent * len(stack.orders):
            return NOTHING
        del self._stacks[key]
        if not self.rises((order.owner, order.symbol), time):
            return NOTHING
        numbers: Numbers = {
            "account": order.account, "cancelled": len(stack.cancelled), "orders": len(stack.orders),
            "prices": stack.prices, "after_ms": (time - stack.trade.time) // MILLISECOND,
        }  # fmt: skip
        trades = (stack.trade.trade,)
        return (Alert(time, self.kind, (order.account,), order.symbol, numbers, stack.orders, trades),)
