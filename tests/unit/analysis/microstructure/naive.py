"""The same statistics by their definitions, term by term with exact fractions: slow, and written from the books."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import log


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def exact(values: Sequence[float]) -> list[Fraction]:
    return [Fraction(value) for value in values]


def kurtosis(values: Sequence[float]) -> float:
    numbers = exact(values)
    middle = mean(numbers)
    second = mean([(one - middle) ** 2 for one in numbers])
    fourth = mean([(one - middle) ** 4 for one in numbers])
    return float(fourth / second**2) - 3


def autocorrelation(values: Sequence[float], lag: int) -> float:
    numbers = exact(values)
    middle = mean(numbers)
    upper = Fraction(0)
    for place in range(lag, len(numbers)):
        upper += (numbers[place] - middle) * (numbers[place - lag] - middle)
    return float(upper / sum((one - middle) ** 2 for one in numbers))


def hill(values: Sequence[float], share: float) -> float:
    largest = sorted(values)[::-1]
    count = int(len(largest) * share)
    return count / sum(log(largest[place] / largest[count]) for place in range(count))


def variance_ratio(returns: Sequence[float], q: int) -> tuple[float, float]:
    """Lo and MacKinlay (1988), equations 12 to 14 and 19 to 20: on the path of prices, not on sums of returns."""
    numbers = exact(returns)
    n, path = len(numbers), [Fraction(0)]
    for one in numbers:
        path.append(path[-1] + one)
    drift = (path[n] - path[0]) / n
    one_step = sum((path[k] - path[k - 1] - drift) ** 2 for k in range(1, n + 1)) / (n - 1)
    m = Fraction(q * (n - q + 1)) * (1 - Fraction(q, n))
    long_step = sum((path[k] - path[k - q] - q * drift) ** 2 for k in range(q, n + 1)) / m
    ratio = long_step / one_step
    theta = Fraction(0)
    for j in range(1, q):
        upper = sum(
            (path[k] - path[k - 1] - drift) ** 2 * (path[k - j] - path[k - j - 1] - drift) ** 2
            for k in range(j + 1, n + 1)
        )
        lower = sum((path[k] - path[k - 1] - drift) ** 2 for k in range(1, n + 1)) ** 2
        theta += (Fraction(2 * (q - j), q)) ** 2 * upper / lower
    return float(ratio), float(ratio - 1) / float(theta) ** 0.5
