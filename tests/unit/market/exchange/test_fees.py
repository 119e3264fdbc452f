"""Fees round up once for an order and role, whatever its fills are."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.fees import MILLION, FeeSchedule, bps
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
