"""The allocation of a maker's capital over markets by portfolio theory (Markowitz 1952), with a price for depth.

The weights w maximise gain'w - (aversion / 2) w'C w - (1 / 2) sum w_i^2 / depth_i, are not negative and add up to 1.
The last term is what a market costs that is small for the capital put into it: a linear impact, so its marginal cost
grows with the weight. At the best weights all markets with capital have the same marginal value, and the others less
(the conditions of Kuhn and Tucker; rulebook F-4.6); they are found by leaving out and taking back one market at a time.

>>> allocation([1.0, 1.0], [[1.0, 0.0], [0.0, 1.0]], [1.0, 1.0], aversion=1.0)
[0.5, 0.5]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from market_sim.core.errors import InputError


class Choice(NamedTuple):
    """One division of the capital, and what it is worth."""

    aversion: float
    gain: float
    """What is gained, less the price of depth."""
    deviation: float
    """The standard deviation of what is gained."""
    weights: list[float]


def allocation(
    gains: Sequence[float], covariance: Sequence[Sequence[float]], depths: Sequence[float], aversion: float
) -> list[float]:
    """The best weights for this aversion to risk."""
    count = len(gains)
    if not count or len(covariance) != count or len(depths) != count or any(len(row) != count for row in covariance):
        raise InputError(f"gains, depths and a square covariance belong to the same markets, found {count} gains")
    if aversion < 0 or min(depths) <= 0:
        raise InputError(f"an aversion is not negative and a depth positive, found {aversion} and {min(depths)}")
    curve = [[aversion * value for value in row] for row in covariance]
    for place, depth in enumerate(depths):
        curve[place][place] += 1 / depth
    chosen = list(range(count))
    for _ in range(4 * count + 4):
        weights, common = _balanced(gains, curve, chosen)
        least = min(chosen, key=lambda place: weights[place])
        if weights[least] < 0:
            chosen.remove(least)
            continue
        margins = [gains[row] - sum(a * w for a, w in zip(curve[row], weights, strict=True)) for row in range(count)]
        left_out = [place for place in range(count) if place not in chosen and margins[place] > common + 1e-12]
        if not left_out:
            break
        chosen = sorted([*chosen, max(left_out, key=lambda place: margins[place])])
    return weights


def frontier(
    gains: Sequence[float],
    covariance: Sequence[Sequence[float]],
    depths: Sequence[float],
    aversions: Sequence[float],
) -> list[Choice]:
    """The best choice for each aversion to risk: less gain and less risk, the larger it is."""
    return [
        choice(allocation(gains, covariance, depths, aversion), gains, covariance, depths, aversion)
        for aversion in aversions
    ]


def choice(
    weights: list[float],
    gains: Sequence[float],
    covariance: Sequence[Sequence[float]],
    depths: Sequence[float],
    aversion: float = 0.0,
) -> Choice:
    """What this division of the capital gains, less the price of depth, and risks."""
    gain = sum(w * one - w * w / depth / 2 for w, one, depth in zip(weights, gains, depths, strict=True))
    variance = sum(
        mine * theirs * covariance[row][column]
        for row, mine in enumerate(weights)
        for column, theirs in enumerate(weights)
    )
    return Choice(aversion, gain, max(0.0, variance) ** 0.5, weights)


def _balanced(
    gains: Sequence[float], curve: Sequence[Sequence[float]], chosen: Sequence[int]
) -> tuple[list[float], float]:
    """Weights that add up to 1 and give the chosen markets one marginal value, and that value."""
    rows = [[*(curve[row][column] for column in chosen), 1.0] for row in chosen] + [[1.0] * len(chosen) + [0.0]]
    *found, common = solved(rows, [*(gains[row] for row in chosen), 1.0])
    weights = [0.0] * len(gains)
    for place, weight in zip(chosen, found, strict=True):
        weights[place] = weight
    return weights, common


def solved(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a small system of linear equations, by elimination with pivots.

    >>> solved([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])
    [0.8, 1.4]
    """
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place in range(len(rows)):
        pivot = max(range(place, len(rows)), key=lambda one: abs(rows[one][place]))
        rows[place], rows[pivot] = rows[pivot], rows[place]
        head = rows[place][place]
        rows[place] = [value / head for value in rows[place]]
        for other, row in enumerate(rows):
            if other != place:
                rows[other] = [value - row[place] * above for value, above in zip(row, rows[place], strict=True)]
    return [row[-1] for row in rows]
