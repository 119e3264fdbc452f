"""Promises of margin: the levels of the rule text, rounding up, and a scan that sees what offsets."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing import black_scholes
from market_sim.pricing.margin_formulas import (
    WrittenOption,
    buying_power,
    call_price_long,
    call_price_short,
    cash_secured_put,
    covered_call,
    covered_value,
    daily_interest,
    equity,
    excess,
    initial_long,
    initial_short,
    long_option,
    maintenance_long,
    maintenance_short,
    margin_call,
    short_straddle,
    vertical_spread,
)
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.portfolio_margin import Leg, moves, scan

cents = st.integers(0, 10**9)


@given(cents)
def test_requirements_round_up_and_never_by_a_cent_or_more(value):
    for requirement, rate in ((initial_long, "1/2"), (maintenance_long, "1/4")):
        assert 0 <= requirement(value) - value * Fraction(rate) < 1


@given(cents, st.integers(0, 10_000))
def test_a_short_sale_needs_half_of_its_value_or_what_keeps_it_open(price, shares):
    beside = initial_short(price, shares) - price * shares
    assert beside == max(-(-price * shares // 2), maintenance_short(price, shares))


@pytest.mark.parametrize(
    ("price", "requirement"),
    [(0, 250_00), (2_00, 250_00), (4_99, 499_00), (5_00, 500_00), (10_00, 500_00), (10_02, 501_00), (40_00, 2_000_00)],
)
def test_the_least_amounts_hold_when_a_short_position_is_opened(price, requirement):
    assert initial_short(price, 100) - 100 * price == requirement


@pytest.mark.parametrize(
    ("price", "requirement"),
    [(0, 250_00), (2_00, 250_00), (2_50, 250_00), (4_99, 499_00), (5_00, 500_00), (16_66, 500_00), (40_00, 1_200_00)],
)
def test_short_stock_maintenance_steps_at_five_dollars(price, requirement):
    assert maintenance_short(price, 100) == requirement


def test_a_call_is_made_below_the_requirement_and_not_at_it():
    assert margin_call(25_000, 25_000) == 0
    assert margin_call(24_999, 25_000) == 1
    assert margin_call(-10, 25_000) == 25_010


@given(st.integers(1, 10**6), st.integers(1, 10**4))
def test_at_the_call_price_of_a_long_account_equity_equals_maintenance(debit, shares):
    price = call_price_long(debit, shares)
    assert price * shares - debit == price * shares / 4


@given(st.integers(1, 10**6), st.integers(1, 10**4))
def test_at_the_call_price_of_a_short_account_equity_equals_maintenance(credit, shares):
    price = call_price_short(credit, shares)
    assert credit - price * shares == price * shares * Fraction(3, 10)


def test_buying_power_is_twice_the_excess():
    held = equity(cash=-40_000_00, long_value=100_000_00, short_value=0)
    assert (held, excess(held, 100_000_00)) == (60_000_00, 10_000_00)
    assert buying_power(held, 100_000_00) == 20_000_00
    assert buying_power(40_000_00, 100_000_00) == 0


def test_interest_for_a_day_is_a_360th_and_rounds_up():
    assert daily_interest(360_000_00, 800) == 80_00
    assert daily_interest(1, 1) == 1


written = st.builds(
    WrittenOption,
    st.sampled_from(["call", "put"]),
    spot=st.integers(0, 10**6),
    strike=st.integers(1, 10**6),
    premium=st.integers(0, 10**5),
)


@given(written)
def test_a_written_option_needs_its_premium_and_the_least_part(short):
    base = short.spot if short.kind == "call" else short.strike
    assert short.requirement() >= 100 * (short.premium + Fraction(base, 10))
    assert short.requirement() <= 100 * (short.premium + max(Fraction(short.spot, 5), Fraction(base, 10)))


@given(written, st.integers(1, 50))
def test_many_contracts_need_as_much_as_each_alone_up_to_rounding(short, contracts):
    assert 0 <= contracts * short.requirement() - short.requirement(contracts) < contracts


def test_the_least_part_of_a_put_is_of_the_strike_and_of_a_call_of_the_price():
    far_put = WrittenOption("put", spot=100_00, strike=50_00, premium=0)
    far_call = WrittenOption("call", spot=100_00, strike=200_00, premium=0)
    assert far_put.requirement() == 500_00
    assert far_call.requirement() == 1_000_00


def test_a_broad_index_needs_fifteen_per_cent():
    assert WrittenOption("call", 100_00, 100_00, 0, rate_bps=1_500).requirement() == 1_500_00


@given(written, st.integers(1, 10**6), st.integers(0, 10**5))
def test_a_straddle_needs_more_than_either_side_and_less_than_both(call, strike, premium):
    call = replace(call, kind="call")
    put = replace(call, kind="put", strike=strike, premium=premium)
    both = call.requirement() + put.requirement()
    assert max(call.requirement(), put.requirement()) <= short_straddle(call, put) <= both


def test_a_spread_needs_what_it_can_lose():
    assert vertical_spread("call", short_strike=100_00, long_strike=110_00) == 1_000_00
    assert vertical_spread("call", short_strike=110_00, long_strike=100_00) == 0
    assert vertical_spread("put", short_strike=110_00, long_strike=100_00) == 1_000_00
    assert vertical_spread("put", short_strike=100_00, long_strike=110_00) == 0


def test_covered_and_secured_options():
    in_the_money = WrittenOption("call", spot=120_00, strike=100_00, premium=21_00)
    assert covered_call(12_000_00, in_the_money) == initial_long(12_000_00)
    assert covered_value(100, in_the_money) == 10_000_00
    assert cash_secured_put(45_00) == 4_500_00


def test_a_bought_option_is_paid_in_full_up_to_nine_months():
    assert long_option(4_01, months=9) == 401_00
    assert long_option(4_01, months=9.5) == 300_75


# --- the scan

PUT = VanillaOption("put", 100_00, 95_00, 0.25, 0.25, 0.03)
holdings = st.lists(
    st.builds(
        Leg,
        quantity=st.integers(-20, 20),
        multiplier=st.sampled_from([1, 100]),
        option=st.sampled_from([None, PUT, replace(PUT, kind="call"), replace(PUT, strike=105_00)]),
    ),
    max_size=4,
)


def test_a_bare_share_needs_fifteen_per_cent_and_a_large_index_eight():
    assert scan([Leg(100)], spot=100_00).requirement == 1_500_00
    assert scan([Leg(-100)], spot=100_00).requirement == 1_500_00
    assert scan([Leg(100)], spot=100_00, group="large_index").requirement == 800_00
    assert scan([Leg(-100)], spot=100_00, group="large_index").requirement == 600_00


@given(holdings)
def test_the_requirement_is_the_worst_of_ten_moves_or_the_least(legs):
    result = scan(legs, spot=100_00)
    assert list(result.outcomes) == moves("stock")
    assert len(result.outcomes) == 10
    least = sum(37.5 * abs(leg.quantity) * leg.multiplier for leg in legs if leg.option)
    assert result.requirement == pytest.approx(max(-min(result.outcomes.values()), least, 0), abs=1)
    assert result.outcomes[result.worst_move] == min(result.outcomes.values())


@given(holdings, holdings)
def test_legs_together_never_need_more_than_apart(one, other):
    together = scan([*one, *other], spot=100_00).requirement
    assert together <= scan(one, spot=100_00).requirement + scan(other, spot=100_00).requirement + 2


def test_a_protective_put_lowers_what_the_strategy_rules_would_ask():
    stock, put = Leg(100), Leg(1, 100, PUT)
    price = round(black_scholes.price(PUT))
    by_strategy = initial_long(10_000_00) + long_option(price, months=3)
    assert scan([stock, put], spot=100_00).requirement < scan([stock], spot=100_00).requirement < by_strategy


def test_a_written_contract_far_out_of_the_money_still_needs_the_least():
    far = replace(PUT, strike=1_00)
    assert scan([Leg(-3, 100, far)], spot=100_00).requirement == 112_50


def test_a_price_of_zero_is_a_price():
    assert scan([Leg(100), Leg(1, 100, PUT)], spot=0).requirement == 37_50
