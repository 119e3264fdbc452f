"""Promises of forwards, of the protected note, and of the one place where theory becomes a price."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing.forward import (
    basis,
    forward_price,
    forward_value,
    implied_carry,
    top_up,
    variation_margin,
)
from market_sim.pricing.note import ProtectedNote, fair_participation
from market_sim.pricing.option import Dividend
from market_sim.pricing.rounding import as_price
from tests.unit.pricing.drawn import number

rates = number(-0.05, 0.15)


@given(number(1, 1e6), number(0.01, 10), rates, rates)
def test_the_carry_that_two_prices_imply_is_the_one_they_were_made_with(spot, years, rate, dividend_yield):
    future = forward_price(spot, years=years, rate=rate, dividend_yield=dividend_yield)
    assert implied_carry(spot, future, years=years) == pytest.approx(rate - dividend_yield, abs=1e-9 / years)


@given(number(1, 1e6), number(0, 10), rates)
def test_a_new_agreement_is_worth_nothing_and_an_old_one_its_discounted_gain(spot, years, rate):
    forward = forward_price(spot, years=years, rate=rate)
    assert forward_value(forward, forward, years=years, rate=rate) == 0
    assert forward_value(forward - 10, forward, years=years, rate=rate) == pytest.approx(10 * math.exp(-rate * years))


def test_at_delivery_future_and_spot_meet():
    assert basis(100.0, forward_price(100.0, years=0, rate=0.1)) == 0


def test_income_after_delivery_does_not_count():
    with_income = forward_price(100, years=0.5, rate=0.05, income=[Dividend(0.6, 5), Dividend(0.4, 5)])
    assert with_income == pytest.approx((100 - 5 * math.exp(-0.02)) * math.exp(0.025))


@given(
    st.lists(st.integers(-50, 50), min_size=1, max_size=9),
    st.integers(1, 1000),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
)
def test_daily_settlement_sums_to_zero(contracts, multiplier, previous, settled):
    everyone = [*contracts, -sum(contracts)]
    paid = [variation_margin(held, multiplier=multiplier, previous=previous, settled=settled) for held in everyone]
    assert sum(paid) == 0


def test_the_top_up_goes_to_the_initial_level_and_starts_below_maintenance():
    assert top_up(900, initial=1_200, maintenance=900) == 0
    assert top_up(899, initial=1_200, maintenance=900) == 301


notes = st.builds(
    ProtectedNote,
    face=number(10, 1e4),
    start=number(10, 200),
    years=number(0.1, 10),
    protection=number(0.5, 1.1),
    participation=number(0, 2),
)


@given(notes, number(0, 1e4))
def test_a_holder_gets_at_least_the_protected_amount(note, final):
    assert note.payoff(final) >= note.protected


@given(notes, number(1, 400), number(0, 1), number(-0.01, 0.1))
def test_the_value_is_bond_plus_calls(note, spot, volatility, rate):
    market = {"spot": spot, "volatility": volatility, "rate": rate}
    assert note.value(**market) == note.bond(rate) + note.call_value(**market)


@given(notes, number(1, 400))
def test_at_maturity_the_value_is_the_payoff(note, final):
    due = ProtectedNote(note.face, note.start, 0, note.protection, note.participation)
    assert due.value(spot=final, volatility=0.2, rate=0.05) == pytest.approx(due.payoff(final))


def test_at_the_fair_participation_the_note_is_worth_its_face():
    market = {"spot": 98.0, "volatility": 0.22, "rate": 0.04, "dividend_yield": 0.01}
    part = fair_participation(ProtectedNote(1000, 100, 5, protection=0.95), **market)
    fair = ProtectedNote(1000, 100, 5, protection=0.95, participation=part)
    assert fair.value(**market) == pytest.approx(1000)


@given(number(0, 1e9), st.integers(1, 1000))
def test_a_rounded_price_is_on_the_tick_and_on_the_side_it_says(theory, tick):
    down, near, up = (as_price(theory, tick, towards=towards) for towards in ("down", "nearest", "up"))
    assert down % tick == near % tick == up % tick == 0
    assert down <= Fraction(theory) <= up
    assert up - down in (0, tick)
    assert near in (down, up)
    assert 2 * abs(near - Fraction(theory)) <= tick


def test_halves_go_up_and_exact_prices_stay():
    assert [as_price(value, 1) for value in (0.5, 1.5, 2.5, 0.49999999999999994)] == [1, 2, 3, 0]
    assert [as_price(15.0, 5, towards=towards) for towards in ("down", "nearest", "up")] == [15, 15, 15]
