"""Promises of implied volatility: there and back again, and a refusal that names the bounds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given

from market_sim.core.errors import InputError
from market_sim.pricing import black_scholes
from market_sim.pricing.implied_volatility import bounds, implied_volatility
from market_sim.pricing.option import VanillaOption
from tests.unit.pricing.drawn import number, options


@given(options(volatility=number(0.01, 4)))
def test_the_volatility_found_gives_the_price_back(option):
    price = black_scholes.price(option)
    low, high = bounds(option)
    assume(low < price < high)
    found = implied_volatility(option, price)
    assert black_scholes.price(replace(option, volatility=found)) == pytest.approx(price, rel=0, abs=1e-10)


@given(options(volatility=number(0.05, 2)))
def test_where_the_price_says_something_the_same_volatility_is_found(option):
    assume(black_scholes.greeks(option).vega > 0.1)
    price = black_scholes.price(option)
    assert implied_volatility(option, price) == pytest.approx(option.volatility, abs=1e-8)


def test_a_price_of_a_trillionth_is_explained_to_its_last_digits():
    far = VanillaOption("call", 100, 200, 0.1, 0.25)
    price = black_scholes.price(far)
    assert 0 < price < 1e-12
    assert implied_volatility(far, price) == pytest.approx(0.25, rel=1e-9)


OPTION = VanillaOption("put", 80, 100, 0.5, 0.2, rate=0.04, dividend_yield=0.01)


def test_at_and_below_the_lower_bound_the_numbers_are_in_the_refusal():
    low, high = bounds(OPTION)
    for price in (low, low - 0.5, 0.0, -1.0):
        with pytest.raises(InputError, match=rf"a put at {price} must cost more than {low} and less than {high}"):
            implied_volatility(OPTION, price)


def test_at_and_above_the_upper_bound_it_is_refused():
    _, high = bounds(OPTION)
    for price in (high, high + 1):
        with pytest.raises(InputError, match="arbitrage"):
            implied_volatility(OPTION, price)


def test_a_volatility_above_five_is_refused_as_such():
    with pytest.raises(InputError, match="the volatility lies above 5"):
        implied_volatility(OPTION, black_scholes.price(replace(OPTION, volatility=6)))


def test_a_volatility_below_a_millionth_is_refused_as_such():
    at_the_money = VanillaOption("call", 100, 100, 1, 0.2)
    with pytest.raises(InputError, match="the volatility lies below 1e-06"):
        implied_volatility(at_the_money, 1e-6)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), "3", True])
def test_what_is_no_number_is_refused(price):
    with pytest.raises(InputError, match="price must be a finite number"):
        implied_volatility(OPTION, price)


def test_an_option_that_expires_now_has_no_volatility():
    with pytest.raises(InputError, match="expires now"):
        implied_volatility(replace(OPTION, years=0), 30)
