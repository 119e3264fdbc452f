"""Fees round up once for an order and role, whatever its fills are."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.core.units import MILLION
from market_sim.market.exchange.fees import FeeSchedule, bps
from tests.unit.market.exchange.marketplace import Marketplace


@pytest.mark.parametrize("schedule", [FeeSchedule(100, 250), FeeSchedule(-99, 250), FeeSchedule(10, 20, 7)])
def test_many_fills_cost_what_one_fill_of_the_same_value_costs(schedule):
    draw = Random(1)
    for _ in range(50):
        place = Marketplace(schedule)
        for number in range(draw.randint(1, 6)):
            place.sell("ann", draw.randint(1, 90), 97 + number)
        for _ in range(draw.randint(1, 4)):
            place.buy("bob", draw.randint(1, 200), 105)
        made, took, fees = Counter(), Counter(), Counter()
        for trade in place.journal.of(Trade):
            made[trade.maker_order] += trade.price * trade.quantity
            took[trade.taker_order] += trade.price * trade.quantity
            fees["maker", trade.maker_order] += trade.maker_fee
            fees["taker", trade.taker_order] += trade.taker_fee
        assert {order: fees["maker", order] for order in made} == {n: schedule.maker_total(made[n]) for n in made}
        assert {order: fees["taker", order] for order in took} == {n: schedule.taker_total(took[n]) for n in took}
        assert all(max(fees["maker", order], fees["taker", order]) <= schedule.most(made[order] + took[order])
                   for order in made | took)  # fmt: skip


def test_rounding_goes_to_the_house():
    schedule = FeeSchedule(maker=bps(-1), taker=bps(2.5))
    assert (schedule.taker_total(1), schedule.maker_total(1)) == (1, 0)
    assert schedule.maker_total(MILLION) == -100


def test_two_orders_filled_in_slices_pay_one_rounded_fee_each():
    place = Marketplace(FeeSchedule(maker=bps(1), taker=bps(2)))
    place.sell("ann", 100, 101)
    for _ in range(100):
        place.buy("bob", 1, 101)
    trades = list(place.journal.of(Trade))
    assert sum(trade.maker_fee for trade in trades) == 2  # 10,100 x 1 bp = 1.01
    assert sum(trade.taker_fee for trade in trades) == 100  # a hundred orders, one cent each


@pytest.mark.parametrize("rates", [(-10, 5), (0, -1), (MILLION + 1, 0), (0, 0, -1)])
def test_a_schedule_that_pays_out_more_than_it_takes_is_refused(rates):
    with pytest.raises(InputError):
        FeeSchedule(*rates)


def test_a_fill_costs_what_an_order_owes_after_it_less_what_it_owed_before_in_each_role():
    schedule = FeeSchedule(maker=bps(1), taker=bps(2), minimum=30)
    assert schedule.charge(0, 0, 1_000_000) == (100, 200)
    assert schedule.charge(1_000_000, 500_000, 1_000_000) == (100, 200)
    # The minimum was paid with the first fill; a small second one adds only what goes beyond it.
    assert schedule.charge(100_000, 100_000, 100_000) == (0, 10)
    assert FeeSchedule(maker=bps(-1), taker=bps(2)).charge(1_000_000, 0, 15_000) == (-1, 3)


def test_a_resting_order_keeps_back_the_fee_of_what_is_left_and_nothing_for_a_rebate():
    schedule = FeeSchedule(maker=bps(1), taker=bps(2), minimum=30)
    assert schedule.maker_reserve(0, 1_000_000) == 100
    assert schedule.maker_reserve(1_000_000, 500_000) == 50
    assert schedule.maker_reserve(100_000, 100_000) == 0
    assert FeeSchedule(maker=bps(-1), taker=bps(2)).maker_reserve(0, 1_000_000) == 0


def test_the_most_that_an_order_can_owe_has_both_minimums_and_the_dearer_rate():
    assert FeeSchedule(maker=bps(1), taker=bps(2), minimum=30).most(1_000_000) == 1 + 60 + 200
    assert FeeSchedule(maker=bps(3), taker=bps(2)).most(10_001) == 1 + 4


@pytest.mark.parametrize("rates", [(MILLION, 0), (0, MILLION), (-5, 5), (1 - MILLION, MILLION), (0, 0, 0)])
def test_the_extreme_schedules_are_allowed(rates):
    assert FeeSchedule(*rates).most(0) >= 1


@pytest.mark.parametrize("rates", [(-MILLION, MILLION), (0, MILLION + 1), (1, 0, -1)])
def test_beyond_the_extreme_a_schedule_is_refused(rates):
    with pytest.raises(InputError):
        FeeSchedule(*rates)


@pytest.mark.parametrize(("rates", "free"), [((0, 0), True), ((1, 0), False), ((0, 1), False), ((0, 0, 1), False)])
def test_only_a_schedule_without_any_rate_and_minimum_is_free(rates, free):
    assert FeeSchedule(*rates).free is free


def test_a_minimum_is_paid_exactly_when_the_rate_gives_less():
    schedule = FeeSchedule(maker=bps(1), taker=bps(1), minimum=10)
    for total in (schedule.maker_total, schedule.taker_total):
        assert [total(cash) for cash in (0, 7, 100, 90_000, 100_000, 110_000)] == [0, 7, 10, 10, 10, 11]
    assert FeeSchedule(maker=0, taker=bps(1), minimum=10).maker_total(100) == 10


@pytest.mark.parametrize("schedule", [FeeSchedule(-99, 99), FeeSchedule(-250, 250, 3), FeeSchedule(-1, 1)])
def test_at_no_moment_were_more_rebates_paid_than_fees_received(schedule):
    """So the account for fees is never below zero, and the chain refuses no trade on its account."""
    draw = Random(2)
    for _ in range(40):
        rested, taken, collected = Counter(), Counter(), 0
        for _ in range(60):
            maker, taker, cash = draw.randrange(5), draw.randrange(5), draw.randint(1, 20_000)
            collected += sum(schedule.charge(rested[maker], taken[taker], cash))
            rested[maker] += cash
            taken[taker] += cash
            assert collected >= 0
