"""Marking the close: one account takes most of the last volume, and the price moves its way (rulebook F-6.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import PhaseChanged, Trade, book_name
from market_sim.core.units import SECOND
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds

CLOSED = "closed"
ENDED = "INSTRUMENT_ENDED"
"""The last price of an instrument that expires decides nothing: its underlying does."""


class LastTrades:
    """The trades of a book within the window, and the last price before it."""

    __slots__ = ("before", "window")

    def __init__(self) -> None:
        self.before: int | None = None
        self.window: deque[Trade] = deque()


class MarkingTheClose(Detector):
    """Judges the last minute of a book when it closes."""

    kind = "MARKING_THE_CLOSE"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._books: dict[str, LastTrades] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Trades, and the close."""
        return {Trade: self._traded, PhaseChanged: self._changed}

    def _traded(self, event: Trade) -> Iterable[Alert]:
        name = book_name(event.symbol, event.venue)
        book = self._books.get(name)
        if book is None:
            book = self._books[name] = LastTrades()
        window = book.window
        window.append(event)
        if window[0].time < event.time - self.thresholds.close_window_ns:
            self._expire(book, event.time)
        return NOTHING

    def _expire(self, book: LastTrades, now: int) -> None:
        oldest = now - self.thresholds.close_window_ns
        while book.window and book.window[0].time < oldest:
            book.before = book.window.popleft().price

    def _changed(self, event: PhaseChanged) -> Iterable[Alert]:
        name = book_name(event.symbol, event.venue)
        book = self._books.get(name)
        if event.phase != CLOSED or event.reason == ENDED or book is None:
            return NOTHING
        self._expire(book, event.time)
        return [*self._judged(name, book, event.time)]

    def _judged(self, name: str, book: LastTrades, now: int) -> Iterable[Alert]:
        """An alert for each account that took too much of the volume in the direction of the price."""
        limits = self.thresholds
        if len(book.window) < limits.close_least_trades:
            return
        before = book.before if book.before is not None else book.window[0].price
        moved = book.window[-1].price - before
        volume = sum(trade.quantity for trade in book.window)
        taken: dict[str, int] = {}
        for trade in book.window:
            taken[trade.taker] = taken.get(trade.taker, 0) + trade.side * trade.quantity
        for account, net in taken.items():
            if (
                net * moved > 0
                and 100 * abs(net) > limits.close_share_percent * volume
                and 10_000 * abs(moved) >= limits.close_moved_bps * before
                and self.rises((account, name), now)
            ):
                trades = [trade for trade in book.window if trade.taker == account]
                numbers: Numbers = {
                    "account": account, "share": 100 * abs(net) // volume,
                    "seconds": f"{limits.close_window_ns / SECOND:g}", "moved_bps": 10_000 * abs(moved) // before,
                }  # fmt: skip
                orders = tuple(dict.fromkeys(trade.taker_order for trade in trades))
                found = tuple(trade.trade for trade in trades)
                yield Alert(now, self.kind, (account,), name, numbers, orders, found)
