"""The allocation of capital: weights that no neighbour beats, and less for a market with less depth."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.pricing.allocation import allocation, choice, frontier

SMALL = st.floats(-5, 5)
FACTORS = st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=3, max_size=3)


def covariance_of(factors: list[list[float]]) -> list[list[float]]:
    return [[sum(a * b for a, b in zip(one, other, strict=True)) for other in factors] for one in factors]


def worth(weights, gains, covariance, depths, aversion) -> float:
    gain = sum(w * one for w, one in zip(weights, gains, strict=True))
    places = range(len(weights))
    risk = sum(weights[i] * weights[j] * covariance[i][j] for i, j in product(places, places))
    return gain - aversion / 2 * risk - sum(w * w / depth for w, depth in zip(weights, depths, strict=True)) / 2


@given(st.lists(SMALL, min_size=3, max_size=3), FACTORS, st.lists(st.floats(0.1, 5), min_size=3, max_size=3))
def test_no_other_division_of_the_capital_is_worth_more(gains, factors, depths) -> None:
    covariance = covariance_of(factors)
    weights = allocation(gains, covariance, depths, aversion=0.7)
    assert sum(weights) == pytest.approx(1)
    assert min(weights) >= 0
    best = worth(weights, gains, covariance, depths, 0.7)
    for one, other in product(range(11), range(11)):
        if one + other <= 10:
            grid = [one / 10, other / 10, (10 - one - other) / 10]
            assert worth(grid, gains, covariance, depths, 0.7) <= best + 1e-6


def test_other_things_equal_a_market_with_less_depth_gets_less() -> None:
    same = [[1.0, 0.2, 0.2], [0.2, 1.0, 0.2], [0.2, 0.2, 1.0]]
    weights = allocation([1.0, 1.0, 1.0], same, [2.0, 1.0, 0.5], aversion=1.0)
    assert weights[0] > weights[1] > weights[2] > 0
    assert allocation([1.0, 1.0, 1.0], same, [1.0, 1.0, 1.0], aversion=1.0) == pytest.approx([1 / 3] * 3)


def test_two_markets_divide_as_the_formula_of_two_assets_says() -> None:
    # Without a price for depth (very deep markets) and without gains: the portfolio of least variance.
    found = allocation([0.0, 0.0], [[4.0, 1.0], [1.0, 2.0]], [1e12, 1e12], aversion=1.0)
    assert found == pytest.approx([(2 - 1) / (4 + 2 - 2), (4 - 1) / (4 + 2 - 2)])


def test_along_the_frontier_gain_and_risk_fall_together() -> None:
    points = frontier([3.0, 1.0], [[9.0, 0.0], [0.0, 1.0]], [10.0, 10.0], (0.0, 0.1, 1.0, 10.0))
    for one, other in pairwise(points):
        assert other.gain <= one.gain + 1e-12
        assert other.deviation <= one.deviation + 1e-12
    assert points[0].gain > points[-1].gain + 1


@pytest.mark.parametrize("depth", [0.3, 1.0, 50.0])
def test_what_a_choice_gains_is_less_the_price_of_depth_so_no_choice_of_the_frontier_beats_another(depth) -> None:
    gains, covariance, depths = [3.0, 2.0, 1.0], [[9.0, 1.0, 0.0], [1.0, 4.0, 0.0], [0.0, 0.0, 1.0]], [depth, 1.0, 2.0]
    points = frontier(gains, covariance, depths, (0.0, 0.1, 0.3, 1.0, 10.0))
    assert all(one.gain == pytest.approx(worth(one.weights, gains, covariance, depths, 0.0)) for one in points)
    for one, other in pairwise(points):
        assert other.gain <= one.gain + 1e-12 and other.deviation <= one.deviation + 1e-12
    alone = choice([1.0, 0.0, 0.0], gains, covariance, depths)
    assert alone.gain == pytest.approx(3 - 1 / depth / 2) and alone.deviation == 3
    assert alone.gain <= points[0].gain


def test_figures_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="same markets"):
        allocation([1.0], [[1.0, 2.0]], [1.0], 1.0)
    with pytest.raises(InputError, match="depth positive"):
        allocation([1.0], [[1.0]], [0.0], 1.0)
