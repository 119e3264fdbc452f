"""Realized volatility of one instrument: the root of its squared returns in a window, for a year, in basis points.

Returns are simple returns from trade to trade, in millionths; a year has 252 sessions. All numbers are whole.

>>> annual_bps([100_000, 100_100, 100_000], 300, 23_400)        # two returns of a tenth of a percent in five minutes
1982
>>> annual_bps([100, 100, 100], 300, 23_400)
0
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.market.compliance.profile import Volatility

BPS = 10_000
MILLION = 1_000_000


def squared(price: int, before: int) -> int:
    """The square of a return in millionths."""
    return ((price - before) * MILLION // before) ** 2


def for_a_year(squares: int, window: int, session: int) -> int:
    """The volatility for a year in basis points, of this sum of squared returns in a window of seconds."""
    return isqrt(squares * TRADING_DAYS_A_YEAR * session // (window * BPS))


def annual_bps(prices: Sequence[int], window: int, session: int) -> int:
    """The realized volatility of the prices of one window."""
    squares = sum(squared(after, before) for before, after in pairwise(prices))
    return for_a_year(squares, window, session)


class RealizedVolatility:
    """The squared returns of one instrument in the trailing window, and its baseline: the windows before."""

    __slots__ = ("_baseline", "_bucket", "_bucket_sum", "_last", "_returns", "_rule", "_session", "_span", "_sum")

    def __init__(self, rule: Volatility, span: int, session: int) -> None:
        self._rule = rule
        self._span = span
        self._session = session
        self._returns: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._last = 0
        self._bucket = self._bucket_sum = 0
        self._baseline: deque[int] = deque(maxlen=rule.baseline)

    def traded(self, now: int, price: int) -> None:
        """Add a trade."""
        bucket = now // self._span
        while self._bucket < bucket:
            self._baseline.append(for_a_year(self._bucket_sum, self._rule.window, self._session))
            self._bucket, self._bucket_sum = self._bucket + 1, 0
            if self._bucket < bucket - self._rule.baseline:
                self._bucket = bucket - self._rule.baseline  # a long silence: only its end is part of the baseline
        if self._last:
            square = squared(price, self._last)
            self._returns.append((now, square))
            self._sum += square
            self._bucket_sum += square
        self._last = price

    def limit(self) -> int:
        """The limit that holds now, in basis points for a year; 0 if there is none yet."""
        if self._rule.a_year:
            return self._rule.a_year
        known = len(self._baseline) == self._rule.baseline
        return self._rule.times_baseline * sum(self._baseline) // self._rule.baseline if known else 0

    def measured(self, now: int) -> int:
        """The realized volatility of the window that ends now; 0 with too few trades to judge."""
        returns, gone = self._returns, now - self._span
        while returns and returns[0][0] <= gone:
            self._sum -= returns.popleft()[1]
        if len(returns) + 1 < self._rule.at_least:
            return 0
        return for_a_year(self._sum, self._rule.window, self._session)

    def restart(self) -> None:
        """Forget the window, after a halt or a split; the baseline stays."""
        self._returns.clear()
        self._sum = self._last = 0
