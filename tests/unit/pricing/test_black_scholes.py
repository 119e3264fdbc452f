"""Promises of the closed formula: parity, bounds, directions, slopes, and the limits where it would divide by zero."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given

from market_sim.pricing import black_scholes
from market_sim.pricing.implied_volatility import bounds
from market_sim.pricing.option import VanillaOption
from tests.unit.pricing.drawn import kinds, number, options, strange_options


def price(option, **changed):
    return black_scholes.price(replace(option, **changed))


@given(strange_options())
def test_a_call_less_a_put_is_a_forward(option):
    call, put = price(option, kind="call"), price(option, kind="put")
    largest = option.discounted_spot + option.discounted_strike
    assert call - put == pytest.approx(black_scholes.parity(option), rel=1e-12, abs=1e-13 * largest)


@given(strange_options())
def test_the_price_stays_within_the_bounds_that_need_no_model(option):
    low, high = bounds(option)
    rounding = 1e-13 * (option.discounted_spot + option.discounted_strike)
    assert low - rounding <= black_scholes.price(option) <= high + rounding


@given(strange_options())
def test_value_and_greeks_are_finite_numbers_and_agree_on_the_value(option):
    greeks = black_scholes.greeks(option)
    assert all(math.isfinite(value) for value in greeks)
    scale = option.discounted_spot + option.discounted_strike
    assert greeks.price == pytest.approx(black_scholes.price(option), rel=1e-9, abs=1e-12 * scale)


@given(options(), number(1, 30))
def test_a_higher_price_is_good_for_calls_and_bad_for_puts(option, more):
    assert option.sign * (price(option, spot=100 + more) - price(option)) >= -1e-12


@given(options(), number(1, 30))
def test_a_higher_strike_is_bad_for_calls_and_good_for_puts(option, more):
    assert option.sign * (price(option, strike=option.strike + more) - price(option)) <= 1e-12


@given(options(), number(0.01, 1))
def test_volatility_is_good_for_who_may_choose(option, more):
    assert price(option, volatility=option.volatility + more) >= price(option) - 1e-12


@given(options(dividend_yield=number(0, 0), rate=number(0, 0.12), kind=kinds.filter(lambda kind: kind == "call")))
def test_time_is_good_for_a_call_without_dividends(option):
    assert price(option, years=option.years * 1.5) >= price(option) - 1e-12


@given(options(), number(1, 20))
def test_value_is_convex_in_the_strike(option, wide):
    below, above = price(option, strike=option.strike - wide), price(option, strike=option.strike + wide)
    assert below + above - 2 * price(option) >= -1e-10


BUMPS = [
    ("delta", "price", "spot", 1e-3, 1),
    ("gamma", "delta", "spot", 1e-3, 1),
    ("vega", "price", "volatility", 1e-5, 1),
    ("theta", "price", "years", 1e-6, -1),
    ("rho", "price", "rate", 1e-5, 1),
    ("dividend_rho", "price", "dividend_yield", 1e-5, 1),
    ("vanna", "delta", "volatility", 1e-5, 1),
    ("volga", "vega", "volatility", 1e-5, 1),
]


@pytest.mark.parametrize(("greek", "of", "moved", "step", "sign"), BUMPS, ids=[bump[0] for bump in BUMPS])
@given(option=options(years=number(0.1, 3), volatility=number(0.1, 1)))
def test_each_greek_is_the_slope_it_claims_to_be(option, greek, of, moved, step, sign):
    here = getattr(option, moved)
    up, down = (black_scholes.greeks(replace(option, **{moved: here + way * step})) for way in (1, -1))
    slope = (getattr(up, of) - getattr(down, of)) / (2 * step)
    assert sign * getattr(black_scholes.greeks(option), greek) == pytest.approx(slope, rel=2e-4, abs=2e-4)


@given(options())
def test_the_greeks_satisfy_the_differential_equation(option):
    """theta + (r - q) S delta + sigma^2 S^2 gamma / 2 = r V: the equation that Black and Scholes solved."""
    g = black_scholes.greeks(option)
    left = g.theta + (option.rate - option.dividend_yield) * option.spot * g.delta
    left += 0.5 * option.volatility**2 * option.spot**2 * g.gamma
    assert left == pytest.approx(option.rate * g.price, abs=1e-9)


def test_at_expiry_the_value_is_the_intrinsic_one():
    assert price(VanillaOption("call", 105, 100, 0, 0.3, 0.05)) == 5
    assert price(VanillaOption("put", 105, 100, 0, 0.3, 0.05)) == 0


def test_without_volatility_the_value_is_the_discounted_forward_one():
    calm = VanillaOption("call", 100, 100, 2, 0, rate=0.05, dividend_yield=0.02)
    assert price(calm) == 100 * math.exp(-0.04) - 100 * math.exp(-0.1)
    assert price(calm, kind="put") == 0


@given(options(volatility=number(1e-9, 1e-7)))
def test_little_volatility_comes_near_none(option):
    assert price(option) == pytest.approx(price(option, volatility=0.0), abs=1e-4)


@given(options(years=number(0, 0)))
def test_greeks_at_expiry_are_those_of_the_share_or_of_nothing(option):
    greeks = black_scholes.greeks(option)
    assert greeks.delta in (option.sign, 0.0, 0.5 * option.sign)
    assert greeks.gamma == greeks.vega == 0


def test_a_worthless_share_is_a_certain_one():
    ruined = VanillaOption("put", 0, 100, 1, 0.5, rate=0.05)
    assert price(ruined) == pytest.approx(100 * math.exp(-0.05))
    assert price(ruined, kind="call") == 0
    assert black_scholes.greeks(ruined).delta == -1


def test_far_out_of_the_money_the_tail_is_not_rounded_away():
    far = VanillaOption("put", 100, 40, 0.1, 0.2)
    assert 0 < price(far) < 1e-30


@pytest.mark.parametrize(("kind", "spot", "delta"), [
    ("call", 110, 1), ("call", 100, 0.5), ("call", 90, 0), ("put", 90, -1), ("put", 100, -0.5), ("put", 110, 0),
])  # fmt: skip
def test_without_uncertainty_an_option_is_a_forward_or_nothing_and_half_of_each_at_the_money(kind, spot, delta):
    greeks = black_scholes.certain(VanillaOption(kind, spot=spot, strike=100, years=1, volatility=0))
    assert greeks.delta == delta
    assert greeks.price == max(0, (spot - 100) * (1 if kind == "call" else -1))
    assert greeks.rho == delta * 100
