"""Spoofing: a large order that is cancelled once its owner has traded on the other side (rulebook F-6.4).

An order is a suspect if it is at least five times the median size and holds a fifth of the depth of the five best
prices. It is spoofing if its owner trades on the other side while it is live and cancels it within five seconds, at
most a tenth filled. A maker cancels large quotes, too, but it shows as much on the other side: that is no pressure.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.models.event import Numbers
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
from market_sim.market.compliance.detectors.usual_size import UsualSize


class Spoofing(Detector):
    """Finds large orders that were shown only until a trade on the other side was done."""

    kind = "SPOOFING"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._sizes: dict[str, UsualSize] = {}
        self._suspects: dict[tuple[str, str], dict[int, LiveOrder]] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Orders and trades."""
        return {
            AccountOpened: self._opened,
            OrderAccepted: self._accepted,
            OrderAmended: self._amended,
            OrderCancelled: self._cancelled,
            Trade: self._traded,
        }

    def _opened(self, event: AccountOpened) -> Iterable[Alert]:
        self.live.read(event)
        return NOTHING

    def _accepted(self, event: OrderAccepted) -> Iterable[Alert]:
        order: LiveOrder | None = self.live.read(event)
        if order is None:
            return NOTHING
        limits = self.thresholds
        sizes = self._sizes.get(order.symbol)
        if sizes is None:
            sizes = self._sizes[order.symbol] = UsualSize(limits.spoof_sizes)
        if len(sizes) >= limits.spoof_least_sizes and order.quantity >= limits.spoof_size_times * sizes.median:
            share = self.live.near_share(order, limits.spoof_levels)
            if share >= limits.spoof_depth_percent:
                order.times, order.share = order.quantity // sizes.median, share
                self._suspects.setdefault((order.owner, order.symbol), {})[order.number] = order
        sizes.add(order.quantity)
        return NOTHING

    def _amended(self, event: OrderAmended) -> Iterable[Alert]:
        order: LiveOrder | None = self.live.read(event)
        return self._judge(order, event.time) if order is not None and order.receded else NOTHING

    def _cancelled(self, event: OrderCancelled) -> Iterable[Alert]:
        order: LiveOrder | None = self.live.read(event)
        if order is None:
            return NOTHING
        found = self._judge(order, event.time) if event.reason == BY_ITS_OWNER else NOTHING
        if not order.remaining:
            self._forget(order)
        return found

    def _traded(self, event: Trade) -> Iterable[Alert]:
        known = self._suspects
        for order in self.live.read(event):
            if order is None:
                continue
            suspects = known.get((order.owner, order.symbol))
            if suspects:
                if not order.remaining:
                    self._forget(order)
                self._press(suspects, order, event)
        return NOTHING

    def _press(self, suspects: dict[int, LiveOrder], order: LiveOrder, event: Trade) -> None:
        for suspect in suspects.values():
            if suspect.side == -order.side and not self.live.two_sided(
                suspect, suspect.quantity, self.thresholds.two_sided_percent
            ):
                suspect.pressed = event

    def _judge(self, order: LiveOrder, time: int) -> Iterable[Alert]:
        """An order was withdrawn by its owner: was it a spoof?"""
        pressed, limits = order.pressed, self.thresholds
        if (
            pressed is None
            or time - pressed.time > limits.pressure_window_ns
            or 100 * order.filled > limits.spoof_filled_percent * order.quantity
            or not self.rises((order.owner, order.symbol), time)
        ):
            return NOTHING
        numbers: Numbers = {
            "account": order.account, "quantity": order.quantity, "times": order.times, "share": order.share,
            "filled": 100 * order.filled // order.quantity, "after_ms": (time - pressed.time) // MILLISECOND,
        }  # fmt: skip
        return (Alert(time, self.kind, (order.account,), order.symbol, numbers, (order.number,), (pressed.trade,)),)

    def _forget(self, order: LiveOrder) -> None:
        suspects = self._suspects.get((order.owner, order.symbol))
        if suspects is not None:
            suspects.pop(order.number, None)
