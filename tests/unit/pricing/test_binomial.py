"""Promises of the trees: the right to exercise early is worth something, but never less than nothing."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.pricing import binomial, black_scholes
from market_sim.pricing.binomial import averaged, cox_ross_rubinstein, exercise_boundary, leisen_reimer, tree_greeks
from market_sim.pricing.option import VanillaOption
from tests.unit.pricing.drawn import kinds, number, options, strange_options

calls = kinds.filter(lambda kind: kind == "call")


@given(options(volatility=number(0.1, 1)))
def test_american_is_worth_at_least_european_and_intrinsic(option):
    for tree, steps in ((cox_ross_rubinstein, 80), (averaged, 60), (leisen_reimer, 61)):
        american, european = tree(option, steps), tree(option, steps, american=False)
        assert american >= european - 1e-12
        assert american >= option.intrinsic - 1e-12
        assert european >= 0


@given(options(kind=calls, dividend_yield=number(0, 0), rate=number(0, 0.12), volatility=number(0.1, 1)))
def test_a_call_without_dividends_is_never_exercised_early(option):
    assert leisen_reimer(option, 61) == pytest.approx(leisen_reimer(option, 61, american=False), abs=1e-11)
    assert all(point.price is None for point in exercise_boundary(option, 60))


@given(options(volatility=number(0.1, 0.8)))
def test_european_trees_come_near_the_closed_formula(option):
    closed = black_scholes.price(option)
    assert leisen_reimer(option, 101, american=False) == pytest.approx(closed, abs=0.01)
    assert averaged(option, 100, american=False) == pytest.approx(closed, abs=0.25)


@given(options(volatility=number(0.15, 1)), number(1, 20))
def test_american_values_follow_price_and_strike(option, more):
    """On the textbook tree exactly: it has the same factors whatever the price and the strike are."""
    value = cox_ross_rubinstein(option, 60)
    assert option.sign * (cox_ross_rubinstein(replace(option, spot=100 + more), 60) - value) >= -1e-10
    assert option.sign * (cox_ross_rubinstein(replace(option, strike=option.strike + more), 60) - value) <= 1e-10


@given(options(volatility=number(0.15, 0.8)), number(0.02, 1))
def test_volatility_and_time_are_good_for_an_american_option(option, more):
    value, error_of_the_tree = leisen_reimer(option, 101), 0.05
    assert leisen_reimer(replace(option, volatility=option.volatility + more), 101) >= value - error_of_the_tree
    assert leisen_reimer(replace(option, years=option.years * (1 + more)), 101) >= value - error_of_the_tree


@given(strange_options())
def test_what_is_certain_is_exercised_at_the_best_moment(option):
    sure = replace(option, volatility=0.0)
    american, european = cox_ross_rubinstein(sure), cox_ross_rubinstein(sure, american=False)
    assert american >= max(european, option.intrinsic)
    assert european == pytest.approx(black_scholes.price(sure), rel=1e-12)


def test_the_best_moment_may_lie_between_now_and_expiry():
    """While 8 % on the share exceed 2 % on the strike the forward falls, and its discounted gain turns in between."""
    put = VanillaOption("put", spot=100, strike=420, years=3, volatility=0, rate=0.02, dividend_yield=0.08)
    call = replace(put, strike=380, kind="call", rate=0.08, dividend_yield=0.02)
    for option in (put, call):
        moments = (index * option.years / 3000 for index in range(3001))
        best = max(
            option.sign * (100 * math.exp(-option.dividend_yield * t) - option.strike * math.exp(-option.rate * t))
            for t in moments
        )
        assert cox_ross_rubinstein(option) == pytest.approx(max(0, best), abs=1e-4)


@pytest.mark.parametrize("kind", ["call", "put"])
@pytest.mark.parametrize("strike", [1e-6, 0.5, 1e5, 1e12])
def test_strikes_beyond_the_tree_have_the_value_of_certainty(kind, strike):
    option = VanillaOption(kind, 100, strike, 0.02, 0.05, 0.03, 0.01)
    value = leisen_reimer(option, 101)
    assert value == pytest.approx(max(option.intrinsic, black_scholes.price(option)), rel=1e-9, abs=1e-9)


def test_the_boundary_of_a_put_rises_towards_the_strike():
    put = VanillaOption("put", 100, 100, 1, 0.3, rate=0.06)
    prices = [point.price for point in exercise_boundary(put, 300) if point.price is not None]
    assert len(prices) > 250
    assert all(price < 100 for price in prices)
    smooth = [max(prices[start : start + 20]) for start in range(0, 280, 20)]
    assert smooth == sorted(smooth)
    assert prices[-1] > 95


def test_the_boundary_of_a_call_lies_above_the_strike_and_falls():
    call = VanillaOption("call", 100, 100, 1, 0.3, rate=0.02, dividend_yield=0.08)
    prices = [point.price for point in exercise_boundary(call, 300) if point.price is not None]
    assert all(price > 100 for price in prices)
    assert prices[-1] < prices[len(prices) // 2] < prices[0]


def test_below_the_boundary_the_put_is_worth_its_intrinsic_value_and_above_it_more():
    put = VanillaOption("put", 100, 100, 1, 0.3, rate=0.06)
    critical = next(point.price for point in exercise_boundary(put, 500) if point.price is not None)
    deep, near = replace(put, spot=critical - 3), replace(put, spot=critical + 6)
    assert leisen_reimer(deep) == pytest.approx(deep.intrinsic, abs=1e-9)
    assert leisen_reimer(near) > near.intrinsic + 0.05


@given(options(years=number(0.2, 2), volatility=number(0.2, 0.8)))
def test_greeks_of_a_european_tree_come_near_the_closed_ones(option):
    tree, closed = tree_greeks(option, 200, american=False), black_scholes.greeks(option)
    assert tree.delta == pytest.approx(closed.delta, abs=0.01)
    assert tree.gamma == pytest.approx(closed.gamma, abs=0.002)
    assert tree.theta == pytest.approx(closed.theta, abs=0.5)


def test_a_probability_outside_zero_and_one_is_refused_with_the_steps_that_mend_it():
    drifting = VanillaOption("call", 100, 100, 1, 0.01, rate=0.1)
    with pytest.raises(InputError, match="take more than 101 steps"):
        cox_ross_rubinstein(drifting, 50)
    assert 0 < binomial.crr_lattice(drifting, 102).probability < 1


@given(options(volatility=number(0.1, 1)), st.integers(15, 100))
def test_a_step_of_the_tree_is_a_fair_game(option, half):
    steps = 2 * half + 1
    growth = math.exp((option.rate - option.dividend_yield) * option.years / steps)
    lattices = [binomial.crr_lattice(option, steps), binomial.leisen_reimer_lattice(option, steps)]
    for lattice in filter(None, lattices):  # the second is none for a strike beyond its reach
        mean = lattice.probability * lattice.up + (1 - lattice.probability) * lattice.down
        assert mean == pytest.approx(growth, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda option: leisen_reimer(option, 100), "odd number of steps, found 100"),
        (lambda option: cox_ross_rubinstein(option, 0), "steps must be at least 1, found 0"),
        (lambda option: cox_ross_rubinstein(option, 2.0), "steps must be a whole number"),
        (lambda option: cox_ross_rubinstein(option, 20_001), "at most 20000 steps"),
        (lambda option: tree_greeks(option, 2), "at least 3 steps"),
        (lambda option: tree_greeks(replace(option, years=0)), "has no steps"),
        (lambda option: exercise_boundary(replace(option, volatility=0)), "there is no boundary"),
        (lambda option: cox_ross_rubinstein(replace(option, volatility=50), 500), "beyond a float"),
    ],
)
def test_trees_that_cannot_be_are_refused(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(VanillaOption("put", 100, 100, 1, 0.2, 0.05))


def test_three_steps_are_enough_for_greeks():
    assert tree_greeks(VanillaOption("put", spot=50, strike=50, years=1, volatility=0.4, rate=0.1), 3).delta < 0
