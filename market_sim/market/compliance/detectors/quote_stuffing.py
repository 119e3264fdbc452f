"""Quote stuffing: many messages in a second, almost all of them orders that live a few milliseconds (rulebook F-6.4).

A fast maker sends and cancels many orders, too, but its quotes stand until the market moves. So an order counts as
fleeting only if its owner cancels it untraded within five milliseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderCancelled, Trade
from market_sim.core.units import MILLISECOND, SECOND
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import BY_ITS_OWNER, LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds

PLACED, FLEETING, OTHER = range(3)
EVIDENCE = 100
"""How many of the orders an alert names, the newest."""


class Messages:
    """The messages of one account in one instrument within the window, and their counts by type."""

    __slots__ = ("counts", "window")

    def __init__(self) -> None:
        self.window: deque[tuple[int, int, int]] = deque()
        self.counts = [0, 0, 0]


class QuoteStuffing(Detector):
    """Finds accounts that flood the exchange with fleeting orders."""

    kind = "QUOTE_STUFFING"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._open: dict[int, tuple[int, str, str]] = {}
        """The time, account and instrument of each untraded order."""
        self._messages: dict[tuple[str, str], Messages] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Messages about orders; a trade ends the suspicion against an order."""
        return {
            OrderAccepted: self._accepted,
            OrderAmended: self._amended,
            OrderCancelled: self._cancelled,
            Trade: self._traded,
        }

    def _accepted(self, event: OrderAccepted) -> Iterable[Alert]:
        symbol = event.terms.symbol
        self._open[event.order] = event.time, event.account, symbol
        return self._message(event.account, symbol, event.time, PLACED, event.order)

    def _amended(self, event: OrderAmended) -> Iterable[Alert]:
        order = self._open.get(event.order)
        return NOTHING if order is None else self._message(order[1], order[2], event.time, OTHER, event.order)

    def _cancelled(self, event: OrderCancelled) -> Iterable[Alert]:
        order = self._open.pop(event.order, None)
        if order is None or event.reason != BY_ITS_OWNER:
            return NOTHING
        time, account, symbol = order
        kind = FLEETING if event.time - time < self.thresholds.stuffing_fleeting_ns else OTHER
        return self._message(account, symbol, event.time, kind, event.order)

    def _traded(self, event: Trade) -> Iterable[Alert]:
        self._open.pop(event.maker_order, None)
        self._open.pop(event.taker_order, None)
        return NOTHING

    def _message(self, account: str, symbol: str, time: int, kind: int, order: int) -> Iterable[Alert]:
        limits, key = self.thresholds, (account, symbol)
        messages = self._messages.get(key)
        if messages is None:
            messages = self._messages[key] = Messages()
        window, counts = messages.window, messages.counts
        window.append((time, kind, order))
        counts[kind] += 1
        oldest = time - limits.stuffing_window_ns
        while window[0][0] <= oldest:
            counts[window.popleft()[1]] -= 1
        if (
            kind != FLEETING
            or len(window) <= limits.stuffing_messages
            or 100 * counts[FLEETING] <= limits.stuffing_cancelled_percent * counts[PLACED]
            or not self.rises(key, time)
        ):
            return NOTHING
        numbers: Numbers = {
            "account": account, "messages": len(window), "seconds": f"{limits.stuffing_window_ns / SECOND:g}",
            "share": min(100, 100 * counts[FLEETING] // counts[PLACED]),
            "fleeting_ms": f"{limits.stuffing_fleeting_ns / MILLISECOND:g}",
        }  # fmt: skip
        orders = tuple(number for _, sort, number in window if sort == FLEETING)[-EVIDENCE:]
        return (Alert(time, self.kind, (account,), symbol, numbers, orders),)
