"""The fat-finger check: a limit far from recent trade prices is refused as a probable typing error.

The distance is measured in standard deviations of the last trades (the z-score). Only the dangerous direction counts:
a buy far above recent prices, a sell far below. The standard deviation is taken as at least half a percent of the mean,
so that a quiet period does not make every order an outlier. All numbers are integers: with n prices, their sum s and
the sum of their squares q, the score is (n * limit - s) / sqrt(n * q - s * s).

>>> check = Outlier(OutlierRule(most=8, at_least=3))
>>> for price in (100, 102, 98): check.traded(price)
>>> check.refusal(1, 110) is None, check.refusal(1, 1_000)
(True, {'limit': 1000, 'score': '551.1', 'most': 8, 'mean': 100, 'trades': 3})
>>> check.refusal(-1, 1_000) is None                    # to sell dear harms nobody
True
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import isqrt

import msgspec

from market_sim.core.models.event import Numbers
from market_sim.core.units import BPS


class OutlierRule(msgspec.Struct, frozen=True):
    """The parameters of the fat-finger check of a listing."""

    most: int = 8
    """The largest accepted distance, in standard deviations."""
    window: int = 100
    """The number of past trades in the check."""
    at_least: int = 20
    """The number of trades before the first refusal."""
    floor_bps: int = 50
    """The least standard deviation, in basis points of the mean price."""


class Outlier:
    """The last trade prices of one listing, and their sums."""

    __slots__ = ("_prices", "_squares", "_sum", "rule")

    def __init__(self, rule: OutlierRule) -> None:
        self.rule = rule
        self._prices: deque[int] = deque()
        self._sum = 0
        self._squares = 0

    def traded(self, price: int) -> None:
        """Add a trade price to the window and drop the oldest one."""
        self._prices.append(price)
        self._sum += price
        self._squares += price * price
        if len(self._prices) > self.rule.window:
            gone = self._prices.popleft()
            self._sum -= gone
            self._squares -= gone * gone

    def extend(self, prices: Sequence[int]) -> None:
        """Add several trade prices; only those that stay in the window are looked at."""
        if len(prices) < self.rule.window:
            for price in prices:
                self.traded(price)
        else:
            kept = prices[-self.rule.window :]
            self._prices, self._sum, self._squares = deque(kept), sum(kept), sum(price * price for price in kept)

    def accepted(self, low: int, high: int) -> tuple[int, int]:
        """The limits between which no order is refused as long as all further trades are between these prices.

        >>> check = Outlier(OutlierRule(most=8, floor_bps=300))
        >>> check.extend([100, 104])
        >>> check.accepted(95, 105)                     # 24 % beyond the highest and the lowest price
        (80, 117)
        """
        low, high = min(low, *self._prices, low), max(high, *self._prices, high)
        least = self.rule.most * self.rule.floor_bps
        return -(-high * (BPS - least) // BPS), low * (BPS + least) // BPS

    def restate(self, restated: Callable[[int], int]) -> None:
        """Restate the prices in the window after a split."""
        prices, self._prices, self._sum, self._squares = self._prices, deque(), 0, 0
        for price in prices:
            self.traded(restated(price))

    def refusal(self, side: int, limit: int) -> Numbers | None:
        """The numbers of the refusal if this limit is an outlier, else None."""
        rule, n, total = self.rule, len(self._prices), self._sum
        away = side * (n * limit - total)
        if n < rule.at_least or away <= 0:
            return None
        if away * BPS <= rule.most * rule.floor_bps * total:
            return None  # the usual case: within the least standard deviation
        # Both sides are squared and scaled by BPS squared, so that no root and no fraction is needed.
        spread = max((n * self._squares - total * total) * BPS * BPS, (total * rule.floor_bps) ** 2)
        if (away * BPS) ** 2 <= rule.most**2 * spread:
            return None
        tenths = isqrt((10 * away * BPS) ** 2 // spread)
        score = f"{tenths // 10}.{tenths % 10}"
        return {"limit": limit, "score": score, "most": rule.most, "mean": total // n, "trades": n}
