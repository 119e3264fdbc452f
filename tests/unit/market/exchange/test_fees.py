"""Fees round up once for an order and role, whatever its fills are."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.market.exchange.fees import MILLION, FeeSchedule, bps
from tests.unit.market.exchange.marketplace import Marketplace


@pytest.mark.parametrize("schedule", [FeeSchedule(100, 250), FeeSchedule(-99, 250), FeeSchedule(10, 20, 7)])
def test_many_fills_cost_what_one_fill_of_the_same_value_costs(schedule):
    draw = Random(1)
    for _ in range(200):
        values = [draw.randint(1, 20_000) for _ in range(draw.randint(1, 6))]
        maker = taker = before = 0
        for value in values:
            fees = schedule.charge(before, before, value)
            maker, taker, before = maker + fees[0], taker + fees[1], before + value
        assert (maker, taker) == (schedule.maker_total(before), schedule.taker_total(before))
        assert maker + taker <= before * 2
        assert max(0, maker) + taker <= schedule.most(before) + schedule.most(before)


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
