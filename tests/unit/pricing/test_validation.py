"""What no formula accepts, entered at every door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market_sim.core.errors import InputError
from market_sim.pricing.chain import chain
from market_sim.pricing.forward import basis, forward_price, implied_carry, top_up, variation_margin
from market_sim.pricing.lmsr import charge, cost, prices, shares_to_move, trade_cost, worst_loss
from market_sim.pricing.margin_formulas import (
    WrittenOption,
    covered_call,
    covered_value,
    initial_long,
    long_option,
    maintenance_short,
    margin_call,
    short_straddle,
    vertical_spread,
)
from market_sim.pricing.note import ProtectedNote, fair_participation
from market_sim.pricing.option import Dividend, VanillaOption, escrowed
from market_sim.pricing.perpetual import (
    Leverage,
    Tier,
    funding_payments,
    funding_rate,
    maintenance_margin,
    premium_index,
)
from market_sim.pricing.portfolio_margin import Leg, scan
from market_sim.pricing.risk import historical_value_at_risk, kupiec, normal_value_at_risk, portfolio_deviation
from market_sim.pricing.rounding import as_price
from market_sim.pricing.stress import Holding, Shock
from market_sim.pricing.warrants import WarrantIssue, price_before_announcement, price_outstanding

NAN, INF = float("nan"), float("inf")
CALL = VanillaOption("call", 100, 100, 1, 0.2, 0.05)
PUT = replace(CALL, kind="put")
NUMBERS = ("spot", "strike", "years", "volatility", "rate", "dividend_yield")


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [NAN, INF, -INF, "1", None, True, 10**400])
def test_an_option_takes_finite_numbers_only(field, value):
    with pytest.raises(InputError, match="must be a finite number"):
        replace(CALL, **{field: value})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kind": "straddle"}, "kind must be one of call, put, found 'straddle'"),
        ({"volatility": -0.2}, "volatility must not be negative, found -0.2"),
        ({"years": -0.5}, "expired 0.5 years ago"),
        ({"strike": 0}, "strike must be positive"),
        ({"spot": -1}, "spot must not be negative"),
        ({"spot": 1e16}, "prices lie between"),
        ({"strike": 1e-13}, "prices lie between"),
        ({"rate": 400}, "rate times years must stay within 300, found 400"),
        ({"dividend_yield": -400}, "dividend_yield times years must stay within 300, found 400"),
    ],
)
def test_terms_that_no_option_has_are_refused(changed, sentence):
    with pytest.raises(InputError, match=sentence):
        replace(CALL, **changed)


WRITTEN = WrittenOption("call", 100_00, 100_00, 5_00)
DOORS = [
    (lambda: escrowed(CALL, [Dividend(0.5, 200)]), "more than the price 100 of the share"),
    (lambda: escrowed(CALL, [Dividend(0.5, -1)]), "a dividend's amount must not be negative"),
    (lambda: escrowed(CALL, [Dividend(NAN, 1)]), "a dividend's years must be a finite number"),
    (lambda: chain(spot=100, strikes=[0], expiries=[1], volatility=0.2), "strike must be positive, found 0"),
    (lambda: chain(spot=100, strikes=[NAN], expiries=[1], volatility=0.2), "strike must be a finite number"),
    (lambda: chain(spot=100, strikes=[100], expiries=[-1], volatility=0.2), "expired 1 years ago"),
    (lambda: chain(spot=100, strikes=[100], expiries=[1], volatility=lambda strike, years: -1), "volatility must not"),
    (lambda: chain(spot=100, strikes=[100], expiries=[1], volatility=NAN), "volatility must be a finite number"),
    (lambda: WarrantIssue(100, 10, ratio=0), "ratio must be positive, found 0"),
    (lambda: WarrantIssue(0, 10), "shares must be at least 1, found 0"),
    (lambda: WarrantIssue(100, 0), "warrants must be at least 1, found 0"),
    (lambda: price_before_announcement(PUT, WarrantIssue(100, 10)), "those of a call, found a put"),
    (lambda: price_outstanding(PUT, WarrantIssue(100, 10)), "those of a call, found a put"),
    (lambda: as_price(NAN, 1), "theory must be a finite number"),
    (lambda: as_price(1.0, 0), "tick must be at least 1"),
    (lambda: as_price(1.0, 1, towards="zero"), "towards must be one of nearest, down, up"),
    (lambda: forward_price(0, years=1, rate=0.05), "spot must be positive"),
    (lambda: forward_price(1, years=-1, rate=0.05), "years must not be negative"),
    (lambda: forward_price(1, years=1000, rate=5), "rate times years must stay within 300"),
    (
        lambda: forward_price(10, years=1, rate=0, income=[Dividend(0.5, 10)]),
        "more than the price 10 of the underlying",
    ),
    (lambda: basis(1, NAN), "future must be a finite number"),
    (lambda: implied_carry(1, 1, years=0), "years must be positive"),
    (lambda: variation_margin(1, multiplier=0, previous=1, settled=2), "multiplier must be at least 1"),
    (lambda: variation_margin(1.5, multiplier=1, previous=1, settled=2), "contracts must be a whole number"),
    (lambda: top_up(5, initial=10, maintenance=11), "not above initial, found 11 and 10"),
    (lambda: cost([0, 0], 0), "liquidity must be positive"),
    (lambda: prices([0], 10), "at least 2 outcomes, found 1"),
    (lambda: prices([0, NAN], 10), "quantity must be a finite number"),
    (lambda: trade_cost([0, 0], 2, 1, 10), "outcome must be one of 0 to 1, found 2"),
    (lambda: trade_cost([0, 0], -1, 1, 10), "outcome must be one of 0 to 1, found -1"),
    (lambda: charge([0, 0], 0, 1.5, 10, 100), "shares must be a whole number"),
    (lambda: shares_to_move(0.5, 1, 10), "target must lie between 0 and 1, found 1"),
    (lambda: worst_loss(-1, 2), "liquidity must be positive"),
    (lambda: premium_index(1, 1, 0), "index must be positive"),
    (lambda: funding_rate([]), "at least one premium"),
    (lambda: funding_payments({"a": 1}, mark=100, rate_millionths=1), "longs and shorts of a perpetual are equal"),
    (lambda: Leverage(100, 0, 50), "leverage must be at least 1"),
    (lambda: Leverage(100, 200, 50), "it would be liquidated at once"),
    (lambda: Leverage(100, 10, 50).bankruptcy(0), "direction is"),
    (lambda: maintenance_margin(1, [Tier(5, 50)]), "tiers start at 0 and rise"),
    (lambda: maintenance_margin(1, []), "tiers start at 0 and rise"),
    (lambda: initial_long(-1), "amount must not be negative"),
    (lambda: initial_long(1.5), "amount must be a whole number"),
    (lambda: maintenance_short(-1, 1), "price must not be negative"),
    (lambda: margin_call(0, True), "requirement must be a whole number"),
    (lambda: WrittenOption("call", 1, 0, 1), "strike must be at least 1"),
    (lambda: WRITTEN.requirement(0), "contracts must be at least 1"),
    (lambda: long_option(-1, months=1), "premium must not be negative"),
    (lambda: short_straddle(WRITTEN, WRITTEN), "a straddle is a call and a put"),
    (lambda: vertical_spread("both", short_strike=1, long_strike=1), "kind must be one of"),
    (lambda: covered_call(1, replace(WRITTEN, kind="put")), "stock covers a call, found a put"),
    (lambda: covered_value(1, replace(WRITTEN, kind="put")), "stock covers a call, found a put"),
    (lambda: Leg(1.0), "quantity must be a whole number"),
    (lambda: scan([Leg(1)], spot=100, group="crypto"), "group must be one of stock"),
    (lambda: ProtectedNote(0, 100, 1), "face must be positive"),
    (lambda: ProtectedNote(100, 100, 1, participation=-1), "participation must not be negative"),
    (
        lambda: fair_participation(ProtectedNote(100, 100, 1), spot=100, volatility=0.2, rate=-0.01),
        "nothing is left for calls",
    ),
    (lambda: historical_value_at_risk([], confidence=0.99), "at least one observation"),
    (lambda: historical_value_at_risk([1, NAN], confidence=0.99), "gain must be a finite number"),
    (lambda: historical_value_at_risk([1], confidence=1), "confidence must lie between 0 and 1, found 1"),
    (lambda: normal_value_at_risk(deviation=-1, confidence=0.9), "deviation must not be negative"),
    (lambda: kupiec(3, 2, 0.99), "found 3 of 2"),
    (lambda: kupiec(0, 0, 0.99), "found 0 of 0"),
    (lambda: portfolio_deviation([1, 1], [[1, 0.5]]), "2 by 2 table"),
    (lambda: portfolio_deviation([1, 1], [[1, 0.5], [0.4, 1]]), "correlations are symmetric"),
    (lambda: portfolio_deviation([1, 1, 1], [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]), "contradict each other"),
    (lambda: Shock("gone", price_percent=-101), "falls by at most 100 %"),
    (lambda: Shock("thin", depth_times=0), "depth_times must be positive"),
    (lambda: Holding(1, -1), "price must not be negative"),
]


@pytest.mark.parametrize(("door", "sentence"), DOORS, ids=[sentence for _, sentence in DOORS])
def test_every_door_refuses_in_a_sentence_with_the_numbers(door, sentence):
    with pytest.raises(InputError, match=sentence):
        door()
