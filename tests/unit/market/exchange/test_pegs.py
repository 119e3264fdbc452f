"""A pegged order stands at the middle, rounded away from the other side, and never beyond its own limit."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import ceil, floor

import pytest

from market_sim.market.exchange.conditional_orders import peg_price

BUYER, SELLER = 1, -1


@pytest.mark.parametrize("tick", [1, 2, 5])
def test_the_middle_is_half_of_the_sum_rounded_to_the_tick_on_the_own_side(tick):
    uneven = 0
    for bid, width in product(range(tick * 20, tick * 24, tick), range(tick, tick * 6, tick)):
        middle = Fraction(bid + bid + width, 2) / tick
        uneven += middle.denominator > 1
        assert peg_price(BUYER, 10**6, bid, bid + width, tick) == floor(middle) * tick
        assert peg_price(SELLER, 0, bid, bid + width, tick) == ceil(middle) * tick
    assert uneven > 0


def test_the_own_limit_holds_on_the_side_where_it_costs():
    assert peg_price(BUYER, 101, 100, 104, 1) == 101
    assert peg_price(BUYER, 102, 100, 104, 1) == 102
    assert peg_price(BUYER, 103, 100, 104, 1) == 102
    assert peg_price(SELLER, 103, 100, 104, 1) == 103
    assert peg_price(SELLER, 101, 100, 104, 1) == 102


@pytest.mark.parametrize(("bid", "ask"), [(None, 104), (100, None), (None, None)])
@pytest.mark.parametrize("side", [BUYER, SELLER])
def test_without_both_sides_there_is_no_middle(side, bid, ask):
    assert peg_price(side, 102, bid, ask, 1) is None
