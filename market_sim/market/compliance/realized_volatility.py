"""Realized volatility of one instrument: the root of its squared returns in a window, for a year, in basis points.

Returns are simple returns from trade to trade, in millionths; a year has 252 sessions. All numbers are whole.

>>> annual_bps([100_000, 100_100, 100_000], 300, 23_400)        # two returns of a tenth of a percent in five minutes
1982
>>> annual_bps([100, 100, 100], 300, 23_400)
0
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from math import inf, isqrt

from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.core.units import BPS, MILLION
from market_sim.market.compliance.profile import Volatility
from market_sim.market.compliance.trailing import Trailing


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

    __slots__ = (
        "_baseline", "_bucket_sum", "_last", "_moves", "_rule", "_session", "_span", "_squares", "_times",
        "bucket_ends", "limit",
    )  # fmt: skip

    def __init__(self, rule: Volatility, span: int, session: int) -> None:
        self._rule = rule
        self._span = span
        self._session = session
        self._moves = Trailing(span)
        """The squared returns, without those of 0: most trades have the price of the one before."""
        self._times: list[int] = []
        """When each return was, also those of 0, as far as `_leave` was called."""
        self._last = 0
        self._bucket_sum = 0
        self.bucket_ends = span
        """When the present window of the baseline ends."""
        self._baseline: deque[int] = deque(maxlen=rule.baseline)
        self.limit = rule.a_year
        """The limit that holds now, in basis points for a year; 0 if there is none yet."""
        self._squares = self._least_squares()

    def traded(self, now: int, price: int) -> None:
        """Add a trade."""
        if now >= self.bucket_ends:
            self._end_buckets(now)
        self.extend((now,), (price,))

    def extend(self, times: Sequence[int], prices: Sequence[int]) -> None:
        """Add several trades, all of them in the present window of the baseline."""
        before = self._last
        self._times += times if before else times[1:]
        moved, squares = [], []
        for time, price in zip(times, prices, strict=True):
            if price != before:
                if before:
                    part = (price - before) * MILLION // before
                    moved.append(time)
                    squares.append(part * part)
                before = price
        self._moves.extend(moved, squares)
        self._bucket_sum += sum(squares)
        self._last = before

    def room(self, now: int) -> float:
        """What squared returns may still add up to before the limit is near; a limit of 0 is none."""
        if not self.limit:
            return inf
        self._leave(now)
        return float(self._squares - 1 - self._moves.sum)

    def _leave(self, now: int) -> None:
        """Let go what has left the window."""
        self._moves.leave(now)
        del self._times[: bisect_right(self._times, now - self._span)]

    def _end_buckets(self, now: int) -> None:
        """A window of the baseline is over, or several are; of a long silence only the end is part of it."""
        ended = 1 + (now - self.bucket_ends) // self._span
        self._baseline.append(for_a_year(self._bucket_sum, self._rule.window, self._session))
        self._baseline.extend([0] * min(ended - 1, self._rule.baseline))
        self._bucket_sum = 0
        self.bucket_ends += ended * self._span
        if not self._rule.a_year and len(self._baseline) == self._rule.baseline:
            self.limit = self._rule.times_baseline * sum(self._baseline) // self._rule.baseline
            self._squares = self._least_squares()

    def _least_squares(self) -> int:
        """The least sum of squares whose volatility reaches the limit: the whole root of it is then the limit."""
        scale = TRADING_DAYS_A_YEAR * self._session
        return -(-(self.limit**2 * self._rule.window * BPS) // scale)

    def is_high(self, now: int) -> bool:
        """Whether the window that ends now reaches the limit, with enough trades in it to judge."""
        if not self.limit or self._moves.sum < self._squares:
            return False
        self._leave(now)
        return self._moves.sum >= self._squares and len(self._times) + 1 >= self._rule.at_least

    def measured(self, now: int) -> int:
        """The realized volatility of the window that ends now."""
        self._leave(now)
        return for_a_year(self._moves.sum, self._rule.window, self._session)

    def restart(self) -> None:
        """Forget the window, after a halt or a split; the baseline stays."""
        self._moves.clear()
        self._times.clear()
        self._last = 0
