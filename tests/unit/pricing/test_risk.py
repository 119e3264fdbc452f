"""Promises of the risk measures: ordered, scaled, exact about which outcome is meant, and honest when tested."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.core.randomness import Randomness
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.risk import (
    KupiecTest,
    basel_zone,
    breaches,
    chi_square_beyond,
    historical_shortfall,
    historical_value_at_risk,
    kupiec,
    normal_shortfall,
    normal_value_at_risk,
    over_days,
    portfolio_deviation,
    tail_size,
)
from market_sim.pricing.stress import (
    DEPTH_FIFTH,
    FALL_20,
    SHOCKS,
    VOLATILITY_TIMES_2,
    Holding,
    deviation_at_correlation_one,
    stress_table,
    would_be_called,
)
from tests.unit.pricing.drawn import number

gains = st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=120)
confidences = st.sampled_from([0.5, 0.9, 0.95, 0.975, 0.99, 0.999])


@pytest.mark.parametrize(
    ("observations", "confidence", "size"),
    [(100, 0.99, 1), (101, 0.99, 2), (1000, 0.99, 10), (250, 0.99, 3), (200, 0.95, 10), (10, 0.9, 1), (5, 0.99, 1)],
)
def test_the_tail_holds_the_ceiling_and_not_one_more_for_rounding(observations, confidence, size):
    assert tail_size(observations, confidence) == size


def test_of_a_hundred_days_the_worst_is_the_value_at_risk_at_99():
    days = [-day for day in range(1, 101)]
    assert historical_value_at_risk(days, confidence=0.99) == 100
    assert historical_value_at_risk(days, confidence=0.95) == 96
    assert historical_shortfall(days, confidence=0.95) == 98


@given(gains, confidences)
def test_shortfall_is_at_least_the_value_at_risk(days, confidence):
    at_risk = historical_value_at_risk(days, confidence=confidence)
    assert historical_shortfall(days, confidence=confidence) >= at_risk
    assert at_risk <= -min(days)


@given(gains, confidences, confidences)
def test_more_confidence_is_more_loss(days, one, other):
    low, high = sorted((one, other))
    for measure in (historical_value_at_risk, historical_shortfall):
        assert measure(days, confidence=low) <= measure(days, confidence=high)


@given(gains, confidences, st.integers(0, 20), st.integers(-1000, 1000))
def test_both_scale_with_the_position_and_fall_with_sure_cash(days, confidence, times, cash):
    moved = [times * day + cash for day in days]
    for measure in (historical_value_at_risk, historical_shortfall):
        expected = times * measure(days, confidence=confidence) - cash
        assert measure(moved, confidence=confidence) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.tuples(st.integers(-999, 999), st.integers(-999, 999)), min_size=1, max_size=80), confidences)
def test_shortfall_rewards_diversification(pairs, confidence):
    one, other = ([pair[side] for pair in pairs] for side in (0, 1))
    both = [a + b for a, b in pairs]
    apart = historical_shortfall(one, confidence=confidence) + historical_shortfall(other, confidence=confidence)
    assert historical_shortfall(both, confidence=confidence) <= apart + 1e-9


def test_value_at_risk_does_not_always_reward_it():
    """The known flaw: two bonds that fail on different days look safe alone and not together."""
    one = [-100 if day == 0 else 0 for day in range(20)]
    other = [-100 if day == 1 else 0 for day in range(20)]
    both = [a + b for a, b in zip(one, other, strict=True)]
    alone = [historical_value_at_risk(days, confidence=0.9) for days in (one, other)]
    assert alone == [0, 0]
    assert historical_value_at_risk(both, confidence=0.9) == 100


@given(number(0, 1e6), st.sampled_from([0.9, 0.95, 0.99]), number(-1e3, 1e3))
def test_normal_shortfall_is_at_least_the_normal_value_at_risk(deviation, confidence, mean):
    terms = {"deviation": deviation, "confidence": confidence, "mean": mean}
    assert normal_shortfall(**terms) >= normal_value_at_risk(**terms)


def test_historical_and_normal_measures_agree_on_normal_gains():
    luck = Randomness(5).stream("gains")
    days = [luck.gauss(10, 100) for _ in range(20_000)]
    for confidence in (0.95, 0.99):
        terms = {"deviation": 100, "confidence": confidence, "mean": 10}
        assert historical_value_at_risk(days, confidence=confidence) == pytest.approx(
            normal_value_at_risk(**terms), rel=0.03
        )
        assert historical_shortfall(days, confidence=confidence) == pytest.approx(normal_shortfall(**terms), rel=0.03)


def test_a_day_that_loses_exactly_the_forecast_is_no_breach():
    assert breaches([-10, -11, -9, 5], [10, 10, 10, 10]) == 1


def test_kupiec_is_satisfied_by_the_promised_rate_and_by_nothing_far_from_it():
    exact = kupiec(breaches=5, observations=100, confidence=0.95)
    assert exact.expected == pytest.approx(5)
    assert exact.statistic == pytest.approx(0, abs=1e-12)
    assert exact.p_value == pytest.approx(1, abs=1e-5)
    assert kupiec(0, 255, 0.99).statistic == pytest.approx(-2 * 255 * math.log(0.99))
    assert kupiec(255, 255, 0.99).rejected


def test_kupiec_rejects_a_true_model_about_as_often_as_it_says():
    """A canary for the distribution: 2,000 honest years of 500 days, of which about 5 % are wrongly rejected."""
    luck = Randomness(11).stream("honest years")
    years = (sum(luck.random() < 0.05 for _ in range(500)) for _ in range(2_000))
    rejected = sum(kupiec(count, 500, 0.95).rejected for count in years)
    assert 60 <= rejected <= 150


@pytest.mark.parametrize(("statistic", "chance"), [(2.705543, 0.1), (3.841459, 0.05), (6.634897, 0.01)])
def test_chi_square_with_one_degree(statistic, chance):
    assert chi_square_beyond(statistic) == pytest.approx(chance, abs=1e-7)


def test_the_traffic_light():
    assert [basel_zone(count) for count in (0, 4, 5, 9, 10, 50)] == ["green"] * 2 + ["yellow"] * 2 + ["red"] * 2


# --- stress

STOCK = Holding(quantity=100, price=50_00, half_spread=5, impact=20)
OPTION = VanillaOption("put", 50_00, 50_00, 0.5, 0.3)
HEDGE = Holding(quantity=1, price=4_00, multiplier=100, option=OPTION)


def test_every_shock_has_a_row_in_the_order_given():
    rows = stress_table([STOCK])
    assert [row.shock for row in rows] == [shock.name for shock in SHOCKS]
    assert len(rows) == 10


def test_a_long_share_loses_the_fall_and_a_short_one_gains_it():
    [long_row] = stress_table([STOCK], [FALL_20])
    [short_row] = stress_table([replace(STOCK, quantity=-100)], [FALL_20])
    assert (long_row.loss, short_row.loss) == (1_000_00, -1_000_00)
    assert long_row.exit_cost == short_row.exit_cost > 0


def test_a_put_pays_in_a_fall_and_gains_from_fear():
    hedged = stress_table([STOCK, HEDGE], [FALL_20])[0].loss
    assert 0 < hedged < stress_table([STOCK], [FALL_20])[0].loss
    assert stress_table([HEDGE], [VOLATILITY_TIMES_2])[0].loss < 0


def test_a_thinner_book_makes_leaving_dearer():
    calm = 100 * (5 + 20)
    assert stress_table([STOCK], [DEPTH_FIFTH])[0].exit_cost == 100 * (5 + 5 * 20) > calm


def test_whoever_falls_below_the_requirement_is_called():
    assert not would_be_called(equity=1_000, requirement=250, loss=750)
    assert would_be_called(equity=1_000, requirement=250, loss=751)


# Below 1e-154 a square has fewer digits than a float, so nothing smaller than that but 0 is drawn.
@given(st.lists(st.just(0.0) | number(1e-150, 1e6), min_size=1, max_size=5))
def test_correlation_one_is_the_worst_correlation(deviations):
    size = len(deviations)
    ones = [[1.0] * size for _ in range(size)]
    loose = [[1.0 if i == j else 0.3 for j in range(size)] for i in range(size)]
    worst = deviation_at_correlation_one(deviations)
    assert portfolio_deviation(deviations, ones) == pytest.approx(worst)
    assert portfolio_deviation(deviations, loose) <= worst * (1 + 1e-12)


@pytest.mark.parametrize(
    ("deviations", "correlations"),
    [
        ([1.0, 1.0], [[1, 0.3]]),
        ([1.0, 1.0], [[1, 0.3], [0.3]]),
        ([1.0, 1.0], [[1, 0.3], [0.4, 1]]),
        ([1.0, 1.0], [[1, 1.1], [1.1, 1]]),
        ([1.0, 1.0], [[1, -1.1], [-1.1, 1]]),
        ([1.0, 1.0], [[0.9, 0.3], [0.3, 1]]),
        ([1.0, 1.0, 1.0], [[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
    ],
)
def test_a_table_that_is_none_of_correlations_is_refused(deviations, correlations):
    with pytest.raises(InputError):
        portfolio_deviation(deviations, correlations)


def test_correlations_at_their_ends_are_allowed_and_cancel():
    assert portfolio_deviation([3.0, 3.0], [[1, -1], [-1, 1]]) == 0
    assert portfolio_deviation([3.0, -3.0], [[1, 1], [1, 1]]) == 0
    assert portfolio_deviation([], []) == 0


@pytest.mark.parametrize(("failed", "days"), [(1, 0), (0, 0), (6, 5)])
def test_kupiec_wants_days_and_no_more_breaches_than_days(failed, days):
    with pytest.raises(InputError, match="breaches are days among those observed"):
        kupiec(failed, days, 0.99)


def test_kupiec_of_no_breach_and_of_nothing_but_breaches_is_a_number():
    assert kupiec(0, 10, 0.99).statistic == pytest.approx(-20 * math.log(0.99))
    assert kupiec(10, 10, 0.99).statistic == pytest.approx(-20 * math.log(0.01))


def test_a_p_value_at_the_significance_does_not_reject():
    assert not KupiecTest(5, 3.84, 0.05).rejected
    assert KupiecTest(5, 3.85, 0.0499).rejected


def test_time_scales_by_its_square_root():
    assert over_days(10, 4) == 20
    with pytest.raises(InputError):
        over_days(10, 0)


def test_a_forecast_for_each_day_is_needed():
    with pytest.raises(InputError, match="found 2 and 1"):
        breaches([1, 2], [3])
