"""The trailing window of one instrument's trades, and how far a price is from their mean, exactly.

A trade that is as old as the window has left it. The mean of an empty window is the last price before it.

>>> window = TradeWindow(300)
>>> for time, price in ((0, 100), (10, 104)): window.add(time, price)
>>> window.mean(299), window.mean(300), window.mean(400)
((204, 2), (104, 1), (104, 1))
>>> is_far((204, 2), 107, 500), is_far((204, 2), 108, 500)      # the mean is 102, and 5 % of it 5.1
(False, True)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.core.units import BPS
from market_sim.market.compliance.trailing import Trailing

Mean = tuple[int, int]
"""A mean as a sum of prices and their number, so that it is exact."""


class TradeWindow:
    """The trades of the last `span` nanoseconds, and their sum."""

    __slots__ = ("_last", "_trades")

    def __init__(self, span: int) -> None:
        self._trades = Trailing(span)
        self._last: int | None = None

    def add(self, time: int, price: int) -> None:
        """Add a trade."""
        self._trades.add(time, price)
        self._last = price

    def extend(self, times: Sequence[int], prices: Sequence[int]) -> None:
        """Add several trades."""
        self._trades.extend(times, prices)
        self._last = prices[-1]

    def corridor(self, move_bps: int) -> tuple[int, int] | None:
        """Two prices around all of the window such that no trade between them is far from a mean between them.

        >>> window = TradeWindow(300)
        >>> window.extend([0, 10], [10_000, 10_100])
        >>> window.corridor(500), is_far((10_295, 1), 9_805, 500), window.corridor(90)
        ((9805, 10295), False, None)
        """
        if self._last is None:
            return None
        lowest = highest = self._last
        if prices := self._trades.values:
            lowest, highest = min(lowest, *prices), max(highest, *prices)
        # With e beside it on both sides, it is narrow enough if (highest - lowest + 2e) * BPS < move * (lowest - e).
        beside = (move_bps * lowest - (highest - lowest) * BPS - 1) // (2 * BPS + move_bps)
        return (lowest - beside, highest + beside) if beside >= 0 else None

    def mean(self, now: int) -> Mean | None:
        """The mean of the trades in the window; the last trade before it if it is empty; None before the first."""
        trades = self._trades
        trades.leave(now)
        if trades:
            return trades.sum, len(trades)
        return None if self._last is None else (self._last, 1)

    def restart(self) -> None:
        """Forget all trades: after a halt, the reopening price is the first one."""
        self._trades.clear()
        self._last = None

    def restate(self, restated: Callable[[int], int]) -> None:
        """Restate all prices after a split."""
        trades = [(time, restated(price)) for time, price in self._trades.rows]
        last = None if self._last is None else restated(self._last)
        self.restart()
        for time, price in trades:
            self.add(time, price)
        self._last = last


def is_far(mean: Mean, price: int, move_bps: int) -> bool:
    """Whether a price is at least this far from the mean, on either side; equality counts."""
    total, count = mean
    return abs(price * count - total) * BPS >= move_bps * total


def distance(mean: Mean, price: int) -> str:
    """How far a price is from the mean, with its sign, in percent cut off after two digits.

    >>> distance((204, 2), 108), distance((204, 2), 96)
    ('+5.88 %', '-5.88 %')
    """
    total, count = mean
    bps = abs(price * count - total) * BPS // total
    return f"{'-' if price * count < total else '+'}{bps // 100}.{bps % 100:02} %"
