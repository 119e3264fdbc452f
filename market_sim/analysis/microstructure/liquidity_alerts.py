"""Liquidity alerts: the depth has gone and the price is falling, both at once.

Depth alone comes and goes, and prices fall in deep markets, too; together they are how a market is left. An alert
needs a depth at least 60 % below the mean of the bars before, and a least squares trend of these bars that is below
zero by two standard errors. One alert stands until half of that mean is back (rulebook F-8.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.liquidity_measures import fitted_line

WINDOW = 20
LEAST_FALL = 0.6
BACK = 0.5
ERRORS = 2.0


class Alert(NamedTuple):
    """One alert: the bar, how far the depth fell, and the slope of the price for each bar."""

    bar: int
    fall: float
    slope: float


def liquidity_alerts(depths: Sequence[float], prices: Sequence[float], window: int = WINDOW) -> list[Alert]:
    """The alerts of bars with these depths and prices at their ends."""
    found: list[Alert] = []
    usual: float | None = None
    """The depth that an alert measured against, while it stands."""
    for bar in range(window, min(len(depths), len(prices))):
        if usual is not None:
            usual = None if depths[bar] >= BACK * usual else usual
            continue
        before = fmean(depths[bar - window : bar])
        fall = 1 - depths[bar] / before if before else 0.0
        if fall >= LEAST_FALL:
            recent = prices[bar - window : bar + 1]
            trend = fitted_line(range(len(recent)), recent)
            if trend.slope < 0 and -trend.slope >= ERRORS * trend.error:
                found.append(Alert(bar, fall, trend.slope))
                usual = before
    return found
