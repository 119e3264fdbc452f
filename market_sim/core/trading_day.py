"""The trading day: one second on the simulation's clock, so that a run of a few epochs lasts a few days.

Interest, borrow fees, variation margin, option theory and risk count in these days. The "24 hour" figures of an
exchange are a window of the clock itself (`market_sim/market/exchange/market_data.py`).
"""

from __future__ import annotations

from typing import Final

TRADING_DAY_NS: Final = 1_000_000_000
TRADING_DAYS_A_YEAR: Final = 252
"""The convention for annual volatility (Hull, chapter on Black-Scholes-Merton)."""


def period(time: int, end: int, length: int) -> int:
    """The period of a run to which a moment belongs, from 1; the very end of the run belongs to its last one.

    >>> [period(time, 3_000, 1_000) for time in (0, 999, 1_000, 2_999, 3_000)], period(3_000, 3_001, 1_000)
    ([1, 1, 2, 3, 3], 4)
    """
    return min(time, max(0, end - 1)) // length + 1
