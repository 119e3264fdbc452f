"""Statistics of a series of returns: moments, the tail index, autocorrelations, and the variance ratio.

Autocorrelation and kurtosis are the usual sample moments (divided by n); the tail index is Hill's (1975); the variance
ratio and its test are those of Lo and MacKinlay (1988), with overlapping sums, corrections for bias, and standard
errors that allow the variance to change over time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import log, sqrt
from operator import mul
from statistics import fmean

from market_sim.core.errors import InputError


def centred(values: Sequence[float]) -> list[float]:
    """The values less their mean; InputError when they are all the same."""
    if len(values) < 2:
        raise InputError(f"statistics of a series need at least two values, found {len(values)}")
    mean = fmean(values)
    away = [value - mean for value in values]
    if not any(away):
        raise InputError(f"a series that never changes has no statistics: {len(values)} times {values[0]:g}")
    return away


def excess_kurtosis(values: Sequence[float]) -> float:
    """The fourth moment against the squared second one, less the 3 of a normal distribution.

    >>> excess_kurtosis([-1, 1, -1, 1])
    -2.0
    """
    squares = [away * away for away in centred(values)]
    variance = fmean(squares)
    return fmean(square * square for square in squares) / variance**2 - 3


def autocorrelations(values: Sequence[float], lags: int) -> list[float]:
    """The correlation of the series with itself 1, 2, ... `lags` steps earlier.

    >>> [round(one, 2) for one in autocorrelations([1, -1, 1, -1], 2)]
    [-0.75, 0.5]
    """
    away = centred(values)
    if not 1 <= lags < len(away):
        raise InputError(f"lags lie between 1 and {len(away) - 1} in a series of {len(away)}, found {lags}")
    total = sum(map(mul, away, away))
    return [sum(map(mul, away[lag:], away)) / total for lag in range(1, lags + 1)]


def hill(values: Sequence[float], share: float = 0.05) -> float:
    """The tail index of the largest `share` of the values: the smaller it is, the heavier the tail (Hill 1975)."""
    ordered = sorted(values, reverse=True)
    count = int(len(ordered) * share)
    if count < 2 or ordered[count] <= 0:
        raise InputError(f"a tail index needs two positive values above a threshold, found {count} of {len(ordered)}")
    threshold = log(ordered[count])
    excess = fmean(log(value) - threshold for value in ordered[:count])
    if excess <= 0:
        raise InputError("the largest values are all the same, so they have no tail index")
    return 1 / excess


def variance_ratio(returns: Sequence[float], horizon: int) -> tuple[float, float]:
    """The variance of sums of `horizon` returns against `horizon` variances of one, and its robust z-score."""
    away, count = centred(returns), len(returns)
    if not 2 <= horizon < count:
        raise InputError(f"a horizon lies between 2 and {count - 1} here, found {horizon}")
    squares = [one * one for one in away]
    total = sum(squares)
    path = [0.0, *accumulate(away)]
    overlapping = sum((path[end] - path[end - horizon]) ** 2 for end in range(horizon, count + 1))
    unbiased = horizon * (count - horizon + 1) * (1 - horizon / count)
    ratio = overlapping / unbiased / (total / (count - 1))
    theta = sum(
        (2 * (horizon - lag) / horizon) ** 2 * sum(map(mul, squares[lag:], squares)) / total**2
        for lag in range(1, horizon)
    )
    return ratio, (ratio - 1) / sqrt(theta)


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Pearson's correlation of two series of the same length.

    >>> correlation([1, 2, 3], [2, 4, 6])
    1.0
    """
    first, second = centred(one), centred(other)
    product = sum(map(mul, first, second))
    return product / sqrt(sum(map(mul, first, first)) * sum(map(mul, second, second)))


def power_decay(values: Sequence[float]) -> float | None:
    """The exponent b of a fit value(k) = a k^-b, k from 1 on; None unless most of the values are positive."""
    points = [(log(place), log(value)) for place, value in enumerate(values, 1) if value > 0]
    if len(points) < 3 or 2 * len(points) < len(values):
        return None
    middle = fmean(x for x, _ in points)
    height = fmean(y for _, y in points)
    slope = sum((x - middle) * (y - height) for x, y in points) / sum((x - middle) ** 2 for x, _ in points)
    return -slope
