"""Price discovery: on which of two venues does the price of one thing move first?

Two prices of one thing cannot drift apart, so their changes follow an error correction, fitted by least squares:

    dp_i = c_i + a_i (p_1 - p_2) + lagged changes + e_i         with covariance Omega of e

Gonzalo and Granger (Journal of Business and Economic Statistics 13, 1995) weigh venue 1 by a_2 / (a_2 - a_1): the one
that does not correct leads. Hasbrouck (Journal of Finance 50, 1995) gives the share of the variance of the common
price, ([psi F]_j)^2 / psi Omega psi', with psi = (a_2, -a_1) and F the Cholesky factor of Omega. Where the errors are
correlated the share depends on which venue comes first, so both orderings and their middle are told (rulebook F-8.7).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.pricing.allocation import solved

LAGS = 2


class Correction(NamedTuple):
    """The speeds of correction of the two prices, and the covariance of their errors."""

    speeds: tuple[float, float]
    covariance: tuple[float, float, float]
    """The variance of the first, the covariance, the variance of the second."""


class Discovery(NamedTuple):
    """The shares of the first venue; the second has the rest."""

    component: float
    """Gonzalo and Granger; outside 0 to 1 where both correct in the same direction."""
    first: float
    """Hasbrouck, with this venue first."""
    last: float
    """Hasbrouck, with this venue last."""

    @property
    def middle(self) -> float:
        """The middle of the two orderings."""
        return (self.first + self.last) / 2


def shares(found: Correction) -> Discovery:
    """The shares that follow from an error correction."""
    (one, two), (first, both, second) = found.speeds, found.covariance
    if one == two:
        raise InputError("neither price corrects towards the other, so there is no common price")
    psi = two, -one
    total = psi[0] ** 2 * first + 2 * psi[0] * psi[1] * both + psi[1] ** 2 * second
    if total <= 0:
        raise InputError("the common price has no variance")
    ahead = (psi[0] * sqrt(first) + (psi[1] * both / sqrt(first) if first else 0.0)) ** 2
    behind = psi[0] ** 2 * (first - both**2 / second if second else first)
    return Discovery(two / (two - one), ahead / total, behind / total)


def error_correction(first: Sequence[float], second: Sequence[float], lags: int = LAGS) -> Correction:
    """The error correction of two price series of the same length."""
    fewest = 4 * (3 + 2 * lags)
    if len(first) != len(second) or len(first) < fewest:
        raise InputError(f"an error correction needs two series of {fewest} prices, found {len(first)}, {len(second)}")
    changes = [[after - before for before, after in pairwise(series)] for series in (first, second)]
    rows = []
    for time in range(lags, len(changes[0])):
        lagged = [one[time - lag] for lag in range(1, lags + 1) for one in changes]
        rows.append([1.0, first[time] - second[time], *lagged])
    width = len(rows[0])
    products = [[sum(row[i] * row[j] for row in rows) for j in range(width)] for i in range(width)]
    errors, speeds = [], []
    for series in changes:
        target = series[lags:]
        sums = [sum(row[i] * y for row, y in zip(rows, target, strict=True)) for i in range(width)]
        try:
            weights = solved([list(row) for row in products], sums)
        except ZeroDivisionError:
            raise InputError("the two prices never part, or never move, so neither can lead") from None
        speeds.append(weights[1])
        errors.append([
            y - sum(w * x for w, x in zip(weights, row, strict=True)) for row, y in zip(rows, target, strict=True)
        ])  # fmt: skip

    def covariance(a: Sequence[float], b: Sequence[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True)) / len(rows)

    one, two = errors
    return Correction((speeds[0], speeds[1]), (covariance(one, one), covariance(one, two), covariance(two, two)))
