"""Promises of the market maker for beliefs: the way does not matter, the loss is bounded, no float overflows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.pricing.lmsr import charge, cost, prices, shares_to_move, trade_cost, worst_loss
from tests.unit.pricing.drawn import number

liquidities = number(0.5, 1000)
markets = st.lists(number(-1000, 1000), min_size=2, max_size=6)


@dataclass
class Maker:
    """A market with its book of money, for tests that trade."""

    outcomes: int
    liquidity: float

    def __post_init__(self):
        self.quantities, self.cash = [0] * self.outcomes, 0

    def trade(self, outcome, shares):
        paid = charge(self.quantities, outcome, shares, self.liquidity, payout=100)
        self.quantities[outcome] += shares
        self.cash += paid
        return paid


trades = st.lists(st.tuples(st.integers(0, 2), st.integers(-200, 200)), max_size=12)


@given(markets, liquidities)
def test_prices_are_probabilities(quantities, liquidity):
    quoted = prices(quantities, liquidity)
    assert math.fsum(quoted) == pytest.approx(1, abs=1e-12)
    assert all(0 <= price <= 1 for price in quoted)


@given(markets, st.permutations(range(6)), st.lists(number(-50, 50), min_size=6, max_size=6), liquidities)
def test_the_cost_depends_on_the_end_and_not_on_the_way(quantities, order, bought, liquidity):
    reached, paid = list(quantities), 0.0
    for outcome in (outcome for outcome in order if outcome < len(quantities)):
        paid += trade_cost(reached, outcome, bought[outcome], liquidity)
        reached[outcome] += bought[outcome]
    direct = cost([q + more for q, more in zip(quantities, bought, strict=False)], liquidity)
    assert paid == pytest.approx(direct - cost(quantities, liquidity), abs=1e-8)


@given(markets, liquidities)
def test_the_price_is_the_slope_of_the_cost(quantities, liquidity):
    step = 1e-4 * liquidity
    up, down = trade_cost(quantities, 0, step, liquidity), trade_cost(quantities, 0, -step, liquidity)
    assert prices(quantities, liquidity)[0] == pytest.approx((up - down) / (2 * step), abs=1e-6)


@given(markets, liquidities, number(-1e6, 1e6))
def test_a_share_of_everything_costs_what_it_surely_pays(quantities, liquidity, more):
    everything = [quantity + more for quantity in quantities]
    gained = cost(everything, liquidity) - cost(quantities, liquidity)
    assert gained == pytest.approx(more, abs=1e-8)
    assert prices(everything, liquidity) == pytest.approx(prices(quantities, liquidity), abs=1e-6)


@given(st.lists(number(-1e15, 1e15), min_size=2, max_size=6), number(1e-6, 1e3))
def test_nothing_overflows(quantities, liquidity):
    total = cost(quantities, liquidity)
    assert max(quantities) <= total <= max(quantities) + worst_loss(liquidity, len(quantities)) + 1e-12 * abs(total)
    assert all(math.isfinite(price) for price in prices(quantities, liquidity))


@given(trades, number(1, 500))
def test_the_maker_never_loses_more_than_b_log_n(orders, liquidity):
    maker = Maker(3, liquidity)
    for outcome, shares in orders:
        maker.trade(outcome, shares)
    bound = 100 * worst_loss(liquidity, 3)
    for winner in range(3):
        assert maker.cash - 100 * maker.quantities[winner] >= -bound - 1e-6


@given(trades, number(1, 500), st.integers(0, 2), st.integers(1, 300))
def test_a_round_trip_never_earns(orders, liquidity, outcome, shares):
    maker = Maker(3, liquidity)
    for past in orders:
        maker.trade(*past)
    assert maker.trade(outcome, shares) + maker.trade(outcome, -shares) >= 0


@given(number(1, 500), st.lists(st.integers(1, 40), min_size=2, max_size=8))
def test_splitting_an_order_is_never_cheaper(liquidity, parts):
    split, whole = Maker(2, liquidity), Maker(2, liquidity)
    assert sum(split.trade(0, part) for part in parts) >= whole.trade(0, sum(parts))


@given(number(0.02, 0.98), number(0.02, 0.98), liquidities)
def test_the_shares_that_move_a_price_move_it_there(start, target, liquidity):
    at_start = [shares_to_move(0.5, start, liquidity), 0.0]
    assert prices(at_start, liquidity)[0] == pytest.approx(start, abs=1e-9)
    at_start[0] += shares_to_move(start, target, liquidity)
    assert prices(at_start, liquidity)[0] == pytest.approx(target, abs=1e-9)


def test_a_first_share_costs_half_and_a_fraction_goes_to_the_maker():
    assert charge([0, 0], outcome=0, shares=1, liquidity=100, payout=100) == 51
    assert charge([0, 0], outcome=0, shares=-1, liquidity=100, payout=100) == -49
    assert charge([5, 3], outcome=1, shares=0, liquidity=100, payout=100) == 0
