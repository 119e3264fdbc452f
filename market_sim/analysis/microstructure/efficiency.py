"""Efficiency: can the next return be foreseen from earlier ones? Autocorrelations, variance ratios, bands.

Of returns that cannot be foreseen, 95 of 100 autocorrelations lie within 1.96 over the root of their number, and as
many variance ratios within 1.96 standard errors of 1, here robust to changing variance (Lo and MacKinlay 1988;
rulebook F-8.10).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from market_sim.analysis.microstructure.series_statistics import autocorrelations, variance_ratio

FEWEST = 12
"""With fewer returns nothing is said."""
WINDOW, EVERY = 60, 5
"""The monitor looks at the last twelve seconds of fifths of a second, once in each second."""
LAGS = (1, 2, 5, 10)
HORIZONS = (2, 5, 10)
WIDTH = 1.96


class Band(NamedTuple):
    """One statistic with the band in which it lies for returns that cannot be foreseen."""

    name: str
    measured: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the statistic is one of an efficient market."""
        return self.low <= self.measured <= self.high


class Watch(NamedTuple):
    """What the monitor sees at one moment: the statistics of the last returns, with their bands."""

    returns: int
    """The number of returns until then."""
    correlation: Band
    """The autocorrelation of neighbours."""
    ratio: Band
    """The variance ratio over five returns."""


def watched(returns: Sequence[float]) -> list[Watch]:
    """The monitor over a run; a moment at which the last returns are all the same is left out.

    >>> [(one.returns, round(one.correlation.measured, 2), one.correlation.inside) for one in watched([1, -1] * 9)]
    [(12, -0.92, False), (17, -0.94, False)]
    """
    found = []
    for count in range(FEWEST, len(returns) + 1, EVERY):
        last = returns[max(0, count - WINDOW) : count]
        if len(set(last)) > 1:
            told = {one.name: one for one in efficiency(last)}
            found.append(Watch(count, told["acf(1)"], told["VR(5)"]))
    return found


def efficiency(returns: Sequence[float]) -> list[Band]:
    """The statistics of a series of returns; of a short one only those with short lags."""
    band = WIDTH / sqrt(len(returns))
    lags = [lag for lag in LAGS if lag < len(returns) - 1]
    measured = autocorrelations(returns, max(lags))
    found = [Band(f"acf({lag})", measured[lag - 1], -band, band) for lag in lags]
    for horizon in HORIZONS:
        if 2 * horizon < len(returns):
            ratio, score = variance_ratio(returns, horizon)
            error = abs((ratio - 1) / score) if score else 0.0
            found.append(Band(f"VR({horizon})", ratio, 1 - WIDTH * error, 1 + WIDTH * error))
    return found
