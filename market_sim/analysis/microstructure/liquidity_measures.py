"""Measures of liquidity from prices and volumes alone: Kyle, Amihud, Roll, Corwin and Schultz.

    Kyle's lambda       the slope of price changes on signed volume
    Amihud              mean of |return| over value traded, times a million
    Roll                the spread 2 sqrt(-cov) of successive price changes, 0 if cov >= 0
    Corwin-Schultz      the spread 2(e^a - 1) / (1 + e^a) from the ranges of one and two candles, not below 0

Sources: A. Kyle, Econometrica 53 (1985); Y. Amihud, Journal of Financial Markets 5 (2002); R. Roll, Journal of Finance
39 (1984); S. Corwin and P. Schultz, Journal of Finance 67 (2012); rulebook F-8.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import exp, log, sqrt
from operator import mul
from statistics import fmean
from typing import NamedTuple

from market_sim.analysis.microstructure.series_statistics import centred
from market_sim.core.errors import InputError
from market_sim.core.units import MILLION


class Line(NamedTuple):
    """A least squares line with the standard error of its slope and the share of the variance that it explains."""

    slope: float
    constant: float
    error: float
    r_squared: float


def fitted_line(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """The least squares line of ys on xs, with a constant."""
    if len(xs) != len(ys) or len(xs) < 3:
        raise InputError(f"a line needs at least three points with both coordinates, found {len(xs)} and {len(ys)}")
    across = centred(xs)
    mean = fmean(ys)
    up = [value - mean for value in ys]
    width, height = sum(map(mul, across, across)), sum(map(mul, up, up))
    slope = sum(map(mul, across, up)) / width
    left = max(0.0, height - slope * slope * width)
    error = sqrt(left / (len(xs) - 2) / width)
    return Line(slope, mean - slope * fmean(xs), error, 1 - left / height if height else 0.0)


def kyle_lambda(changes: Sequence[float], flows: Sequence[float]) -> Line:
    """The price change for each unit of net buying, in intervals of equal length."""
    return fitted_line(flows, changes)


def amihud(prices: Sequence[float], values: Sequence[float]) -> float:
    """Illiquidity: the mean of the absolute return over the value traded, for a million; intervals without trades skip.

    `values` are those of the intervals that end with the second, third, ... price.
    """
    found = [
        abs(after / before - 1) / value
        for (before, after), value in zip(pairwise(prices), values, strict=True)
        if value > 0
    ]
    if not found:
        raise InputError("Amihud's measure needs an interval in which something was traded")
    return MILLION * fmean(found)


def roll_spread(prices: Sequence[float]) -> float:
    """The spread that explains the bounce of trade prices."""
    changes = [after - before for before, after in pairwise(prices)]
    if len(changes) < 3:
        raise InputError(f"Roll's spread needs at least four prices, found {len(prices)}")
    first, second = changes[:-1], changes[1:]
    middle, later = fmean(first), fmean(second)
    covariance = sum((a - middle) * (b - later) for a, b in zip(first, second, strict=True)) / (len(first) - 1)
    return 2 * sqrt(-covariance) if covariance < 0 else 0.0


def corwin_schultz(highs: Sequence[float], lows: Sequence[float]) -> float:
    """The mean spread over pairs of neighbouring candles, as a share of the price; a negative one counts as 0."""
    if len(highs) != len(lows) or len(highs) < 2:
        raise InputError(f"Corwin and Schultz need the ranges of two candles, found {len(highs)} and {len(lows)}")
    root = 3 - 2 * sqrt(2)
    found = []
    for (high, next_high), (low, next_low) in zip(pairwise(highs), pairwise(lows), strict=True):
        beta = log(high / low) ** 2 + log(next_high / next_low) ** 2
        gamma = log(max(high, next_high) / min(low, next_low)) ** 2
        alpha = (sqrt(2 * beta) - sqrt(beta)) / root - sqrt(gamma / root)
        found.append(max(0.0, 2 * (exp(alpha) - 1) / (1 + exp(alpha))))
    return fmean(found)
