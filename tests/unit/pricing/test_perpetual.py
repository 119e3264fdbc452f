"""Promises of perpetuals: funding sums to zero, and liquidation comes before bankruptcy."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from market_sim.pricing.perpetual import (
    Leverage,
    Tier,
    average_basis,
    funding_payments,
    funding_rate,
    initial_margin,
    maintenance_margin,
    mark_price,
    premium_index,
)
from tests.unit.pricing.drawn import number

positions = st.lists(st.integers(-1000, 1000), min_size=1, max_size=8).map(
    lambda held: {f"trader-{index}": size for index, size in enumerate([*held, -sum(held)])}
)


@given(positions, st.integers(1, 10**7), st.integers(-5000, 5000))
def test_funding_conserves_cash_and_nobody_is_a_cent_off(held, mark, rate):
    paid = funding_payments(held, mark=mark, rate_millionths=rate)
    assert sum(paid.values()) == 0
    for name, size in held.items():
        assert abs(paid[name] - Fraction(-size * mark * rate, 10**6)) < 1
        if size == 0:
            assert paid[name] == 0


@given(positions, st.integers(1, 10**7), st.integers(1, 5000))
def test_a_positive_rate_makes_longs_pay_shorts(held, mark, rate):
    paid = funding_payments(held, mark=mark, rate_millionths=rate)
    assert all(paid[name] * size <= 0 or abs(paid[name]) < 1 for name, size in held.items())


@pytest.mark.parametrize(
    ("premium", "rate"),
    [(0.0, 0.0001), (0.000429, 0.0001), (0.0006, 0.0001), (0.001, 0.0005), (-0.0004, 0.0001), (-0.001, -0.0005)],
)
def test_the_rate_is_the_interest_while_the_premium_is_small(premium, rate):
    assert funding_rate([premium]) == pytest.approx(rate, abs=1e-15)


@given(st.lists(number(-0.1, 0.1), min_size=1, max_size=20), number(0.0001, 0.05))
def test_the_cap_holds_on_both_sides(premiums, cap):
    assert -cap <= funding_rate(premiums, cap=cap) <= cap


def test_the_premium_is_zero_inside_the_impact_prices_and_signed_outside():
    assert premium_index(9_990, 10_010, 10_000) == 0
    assert premium_index(10_020, 10_030, 10_000) == pytest.approx(0.002)
    assert premium_index(9_970, 9_980, 10_000) == pytest.approx(-0.002)


def test_one_wild_trade_moves_the_mark_only_by_its_weight():
    basis = average_basis(0.0, price=20_000, index=10_000, weight=0.01)
    assert mark_price(10_000, basis) == pytest.approx(10_100)


leverages = st.builds(
    lambda entry, leverage, part: Leverage(entry, leverage, max(1, 10_000 // leverage * part // 100)),
    st.integers(1_000, 10**9),
    st.integers(1, 100),
    st.integers(1, 95),
)


@given(leverages, st.sampled_from([1, -1]))
def test_at_the_liquidation_price_what_is_left_is_the_maintenance_margin(terms, direction):
    price = terms.liquidation(direction)
    left = Fraction(terms.entry, terms.leverage) + direction * (price - terms.entry)
    assert left == price * Fraction(terms.maintenance_bps, 10_000)


@given(leverages, st.sampled_from([1, -1]))
def test_at_the_bankruptcy_price_nothing_is_left(terms, direction):
    price = terms.bankruptcy(direction)
    assert Fraction(terms.entry, terms.leverage) + direction * (price - terms.entry) == 0


@given(leverages, st.sampled_from([1, -1]))
def test_liquidation_lies_between_entry_and_bankruptcy(terms, direction):
    liquidation, bankruptcy = terms.prices(direction)
    assert direction * terms.entry >= direction * liquidation >= direction * bankruptcy
    assert abs(liquidation - terms.liquidation(direction)) < 1
    assert direction * (liquidation - terms.liquidation(direction)) >= 0


TIERS = [Tier(0, 50), Tier(50_000, 100), Tier(250_000, 250)]


def test_the_margin_is_continuous_where_a_tier_begins():
    assert maintenance_margin(50_000, TIERS) == 250
    assert maintenance_margin(250_000, TIERS) == 250 + 2_000
    assert maintenance_margin(300_000, TIERS) == 2_250 + 1_250


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_larger_position_needs_more_and_a_larger_part(small, more):
    assume(small > 0)
    large = small + more
    assert maintenance_margin(large, TIERS) >= maintenance_margin(small, TIERS)
    assert Fraction(maintenance_margin(large, TIERS) + 1, large) >= Fraction(
        maintenance_margin(small, TIERS) - 1, small
    )


def test_initial_margin_rounds_up():
    assert initial_margin(1_001, 10) == 101
    assert initial_margin(1_000, 10) == 100
