"""A volume spike: ten times the mean volume of the last twenty complete periods (rulebook F-6.4). A case, never a halt.

A period without trades counts as zero. Nothing is raised before there are twenty periods, or while their mean is zero.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import Trade, book_name
from market_sim.core.units import SECOND
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds


class Volumes:
    """The volume of the present period of a book, and of the complete ones before it."""

    __slots__ = ("complete", "normal", "period", "trades", "volume")

    def __init__(self, period: int, kept: int) -> None:
        self.complete: deque[int] = deque(maxlen=kept)
        self.normal = 0
        """The volume of the complete periods together; 0 until there are enough of them."""
        self.period = period
        self.volume = 0
        self.trades: list[Trade] = []


class VolumeSpike(Detector):
    """Opens a case in the moment in which the volume of a period reaches ten times the mean."""

    kind = "VOLUME_SPIKE"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._books: dict[str, Volumes] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Trades."""
        return {Trade: self._traded}

    def _traded(self, event: Trade) -> Iterable[Alert]:
        limits = self.thresholds
        name = book_name(event.symbol, event.venue)
        period = event.time // limits.spike_bucket_ns
        book = self._books.get(name)
        if book is None:
            book = self._books[name] = Volumes(period, limits.spike_buckets)
        if period != book.period:
            book.complete.append(book.volume)
            book.complete.extend([0] * min(period - book.period - 1, limits.spike_buckets))
            book.period, book.volume, book.trades = period, 0, []
            book.normal = sum(book.complete) if len(book.complete) == limits.spike_buckets else 0
        book.volume += event.quantity
        book.trades.append(event)
        normal = book.normal
        if not normal or book.volume * limits.spike_buckets < limits.spike_times * normal:
            return NOTHING
        if not self.rises(name, event.time):
            return NOTHING
        numbers: Numbers = {
            "volume": book.volume, "seconds": f"{limits.spike_bucket_ns / SECOND:g}",
            "times": book.volume * limits.spike_buckets // normal, "before": normal, "buckets": limits.spike_buckets,
        }  # fmt: skip
        orders = tuple(dict.fromkeys(trade.taker_order for trade in book.trades))
        found = tuple(trade.trade for trade in book.trades)
        return (Alert(event.time, self.kind, (), name, numbers, orders, found),)
