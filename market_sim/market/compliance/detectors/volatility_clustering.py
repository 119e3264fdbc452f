"""Volatility clustering: are the squares of returns correlated? Ljung-Box (1978) on squared returns (McLeod and Li).

Returns are changes of the last trade price from one tenth of a second to the next. If they are independent, the
statistic Q = n (n + 2) sum r_k^2 / (n - k) over the lags k has a chi-squared distribution; the case is opened above its
99.9 % point. GARCH raises it, independent returns of the same variance do not.

>>> round(ljung_box([1.0, -1.0] * 50, 2), 1)     # a strict alternation is as far from independence as can be
200.9
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from math import log

from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import Trade, book_name
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.detector import NOTHING, Detector, Effects
from market_sim.market.compliance.detectors.live_orders import LiveOrders
from market_sim.market.compliance.detectors.thresholds import Thresholds


def ljung_box(series: Sequence[float], lags: int) -> float:
    """The statistic Q of a series; 0 if it never changes."""
    count = len(series)
    mean = sum(series) / count
    away = [value - mean for value in series]
    total = sum(value * value for value in away)
    if not total:
        return 0.0
    found = 0.0
    for lag in range(1, lags + 1):
        together = sum(a * b for a, b in zip(away, away[lag:], strict=False))
        found += (together / total) ** 2 / (count - lag)
    return count * (count + 2) * found


class Returns:
    """The last price of a book, the period it belongs to, and the returns of the periods before."""

    __slots__ = ("closed", "fresh", "last", "period", "squares")

    def __init__(self, period: int, price: int, kept: int) -> None:
        self.period = period
        self.last = self.closed = price
        self.squares: deque[float] = deque(maxlen=kept)
        self.fresh = 0


class VolatilityClustering(Detector):
    """Opens a case when large moves follow large moves."""

    kind = "VOLATILITY_CLUSTERING"

    def __init__(self, thresholds: Thresholds | None = None, live: LiveOrders | None = None) -> None:
        self._books: dict[str, Returns] = {}
        super().__init__(thresholds, live)

    def reading(self) -> Effects:
        """Trades."""
        return {Trade: self._traded}

    def _traded(self, event: Trade) -> Iterable[Alert]:
        limits = self.thresholds
        name = book_name(event.symbol, event.venue)
        period = event.time // limits.clustering_bucket_ns
        book = self._books.get(name)
        if book is None:
            book = self._books[name] = Returns(period, event.price, limits.clustering_returns)
        elif period != book.period:
            found = self._next(name, book, period, event)
            book.last = event.price
            return found
        book.last = event.price
        return NOTHING

    def _next(self, name: str, book: Returns, period: int, event: Trade) -> Iterable[Alert]:
        """A period is complete: add its return, and judge a window that is half new."""
        limits = self.thresholds
        between = min(period - book.period - 1, limits.clustering_returns)
        book.squares.append(log(book.last / book.closed) ** 2)
        book.squares.extend([0.0] * between)
        book.fresh += 1 + between
        book.closed, book.period = book.last, period
        if len(book.squares) < limits.clustering_returns or 2 * book.fresh < limits.clustering_returns:
            return NOTHING
        book.fresh = 0
        statistic = ljung_box([*book.squares], limits.clustering_lags)
        if statistic <= limits.clustering_critical / 1_000 or not self.rises(name, event.time):
            return NOTHING
        numbers: Numbers = {
            "returns": limits.clustering_returns, "statistic": f"{statistic:.1f}", "lags": limits.clustering_lags,
            "critical": f"{limits.clustering_critical / 1_000:.1f}",
        }  # fmt: skip
        return (Alert(event.time, self.kind, (), name, numbers, trades=(event.trade,)),)
