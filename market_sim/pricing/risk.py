"""Value at risk, expected shortfall, and their backtest (rulebook F-5; Hull, ch. 22; Kupiec 1995).

A positive number is a loss. At confidence 0.99 the value at risk is the loss that one day in a hundred exceeds.

>>> gains = [-50, 20, 10, -30, 5, 15, -10, 25, 30, 40]
>>> historical_value_at_risk(gains, confidence=0.9), historical_shortfall(gains, confidence=0.8)
(50, 40.0)
>>> round(normal_value_at_risk(deviation=200_000, confidence=0.99))         # Hull, ch. 22.3
465270
>>> test = kupiec(breaches=7, observations=255, confidence=0.99)
>>> round(test.statistic, 2), test.rejected
(5.32, True)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.pricing.validation import between, count, not_negative, number, positive

STANDARD = NormalDist()
ROUNDING = 1e-9
SIGNIFICANCE = 0.05


def tail_size(observations: int, confidence: float) -> int:
    """The number of outcomes in the tail: ceil((1 - confidence) n), and at least one.

    A rounding tolerance is subtracted first, because (1 - 0.99) x 100 is 1.0000000000000009 in floats.
    """
    if count("observations", observations) == 0:
        raise InputError("a quantile needs at least one observation, found none")
    return max(1, math.ceil((1 - between("confidence", confidence, 0, 1)) * observations - ROUNDING))


def historical_value_at_risk(gains: Sequence[float], *, confidence: float) -> float:
    """The loss in the k-th worst outcome, k = ceil((1 - confidence) n)."""
    return -_worst(gains, confidence)[-1]


def historical_shortfall(gains: Sequence[float], *, confidence: float) -> float:
    """The mean loss of the k worst outcomes: never less than the value at risk."""
    worst = _worst(gains, confidence)
    return -math.fsum(worst) / len(worst)


def _worst(gains: Sequence[float], confidence: float) -> list[float]:
    size = tail_size(len(gains), confidence)
    return sorted(number("gain", gain) for gain in gains)[:size]


def normal_value_at_risk(*, deviation: float, confidence: float, mean: float = 0.0) -> float:
    """-(mean + z sigma) with z the quantile of 1 - confidence: exact if gains are normal."""
    z = STANDARD.inv_cdf(between("confidence", confidence, 0, 1))
    return z * not_negative("deviation", deviation) - number("mean", mean)


def normal_shortfall(*, deviation: float, confidence: float, mean: float = 0.0) -> float:
    """-mean + sigma phi(z) / (1 - confidence): the mean loss beyond the value at risk, if gains are normal."""
    z = STANDARD.inv_cdf(between("confidence", confidence, 0, 1))
    return not_negative("deviation", deviation) * STANDARD.pdf(z) / (1 - confidence) - number("mean", mean)


def portfolio_deviation(deviations: Sequence[float], correlations: Sequence[Sequence[float]]) -> float:
    """The standard deviation of a sum; a short position has a negative deviation.

    >>> round(portfolio_deviation([200_000, 50_000], [[1, 0.3], [0.3, 1]]))     # Hull, ch. 22.3
    220227
    """
    size = len(deviations)
    if len(correlations) != size or any(len(row) != size for row in correlations):
        raise InputError(f"{size} deviations need a {size} by {size} table of correlations")
    for i in range(size):
        for j in range(size):
            known = number("correlation", correlations[i][j])
            if not -1 <= known <= 1 or known != correlations[j][i] or (i == j and known != 1):
                raise InputError(f"correlations are symmetric, within 1, and 1 with oneself; found {known} at {i}, {j}")
    terms = (deviations[i] * deviations[j] * correlations[i][j] for i in range(size) for j in range(size))
    variance = math.fsum(terms)
    if variance < -ROUNDING * math.fsum(deviation * deviation for deviation in deviations):
        raise InputError("these correlations contradict each other: the sum would have a negative variance")
    return math.sqrt(max(0.0, variance))


def over_days(one_day: float, days: float) -> float:
    """The square-root-of-time rule: exact only for independent, identically distributed days with mean zero."""
    return number("one_day", one_day) * math.sqrt(positive("days", days))


# --- backtest


class KupiecTest(NamedTuple):
    """Kupiec's test of the frequency of breaches: the likelihood ratio, its p-value, and the verdict at 5 %."""

    expected: float
    statistic: float
    p_value: float

    @property
    def rejected(self) -> bool:
        """Whether chance alone gives such a number of breaches in less than one case of twenty."""
        return self.p_value < SIGNIFICANCE


def breaches(gains: Sequence[float], forecasts: Sequence[float]) -> int:
    """The number of days with a loss above the value at risk forecast for that day."""
    if len(gains) != len(forecasts):
        raise InputError(f"each day needs a gain and a forecast, found {len(gains)} and {len(forecasts)}")
    days = zip(gains, forecasts, strict=True)
    return sum(-number("gain", gain) > number("forecast", forecast) for gain, forecast in days)


def kupiec(breaches: int, observations: int, confidence: float) -> KupiecTest:
    """Kupiec's proportion-of-failures test: twice the log likelihood ratio of the observed rate to the promised one.

    Under the promised rate the statistic has a chi-square distribution with one degree of freedom.
    """
    promised = 1 - between("confidence", confidence, 0, 1)
    if count("breaches", breaches) > count("observations", observations) or observations == 0:
        raise InputError(f"breaches are days among those observed, found {breaches} of {observations}")
    kept, seen = observations - breaches, breaches / observations
    ratio = _times_log(kept, (1 - seen) / (1 - promised)) + _times_log(breaches, seen / promised)
    statistic = max(0.0, 2 * ratio)
    return KupiecTest(promised * observations, statistic, chi_square_beyond(statistic))


def chi_square_beyond(statistic: float) -> float:
    """The upper tail of the chi-square distribution with one degree of freedom.

    >>> round(chi_square_beyond(3.841459), 4)
    0.05
    """
    return math.erfc(math.sqrt(not_negative("statistic", statistic) / 2))


def basel_zone(breaches: int) -> str:
    """The Basel traffic light for 250 days at 99 %: green up to 4 breaches, yellow up to 9, red from 10."""
    return "green" if count("breaches", breaches) <= 4 else "yellow" if breaches <= 9 else "red"


def _times_log(times: int, ratio: float) -> float:
    return times * math.log(ratio) if times else 0.0
