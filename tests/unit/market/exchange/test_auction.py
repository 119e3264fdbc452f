"""The auction's price by its four rules, against a search of every price."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.market.exchange.auction import Equilibrium, Interest, find_price


def test_the_largest_volume_comes_first():
    buys, sells = [Interest(103, 10), Interest(100, 50)], [Interest(99, 10), Interest(100, 45)]
    assert find_price(buys, sells, reference=103) == Equilibrium(100, 55, 5)


def test_the_smallest_surplus_comes_second():
    buys = [Interest(102, 10), Interest(101, 5)]
    assert find_price(buys, [Interest(100, 10)], reference=100) == Equilibrium(102, 10, 0)


@pytest.mark.parametrize(("quantity", "price"), [(20, 102), (5, 100)])
def test_market_pressure_comes_third(quantity, price):
    found = find_price([Interest(102, quantity)], [Interest(100, 10)], reference=101)
    assert found is not None
    assert found.price == price


@pytest.mark.parametrize(("reference", "price"), [(90, 100), (101, 101), (120, 102), (None, 101)])
def test_the_reference_comes_last(reference, price):
    found = find_price([Interest(102, 10)], [Interest(100, 10)], reference)
    assert found == Equilibrium(price, 10, 0)


def test_market_orders_alone_trade_at_the_reference():
    market = [Interest(105, 7, market=True)]
    assert find_price(market, [Interest(95, 9, market=True)], 100) == Equilibrium(100, 7, -2)
    assert find_price(market, [Interest(95, 9, market=True)], None) is None


def test_without_a_crossing_there_is_no_price():
    assert find_price([Interest(99, 5)], [Interest(100, 5)], 100) is None
    assert find_price([], [], 100) is None


def test_no_limit_in_the_book_would_have_traded_more():
    draw = Random(5)
    found_some = 0
    for _ in range(500):
        buys = [Interest(draw.randint(90, 110), draw.randint(1, 9)) for _ in range(draw.randint(0, 8))]
        sells = [Interest(draw.randint(90, 110), draw.randint(1, 9)) for _ in range(draw.randint(0, 8))]

        def at(price, buys=buys, sells=sells):
            bought = sum(one.quantity for one in buys if one.limit >= price)
            sold = sum(one.quantity for one in sells if one.limit <= price)
            return min(bought, sold), -abs(bought - sold)

        best = max((at(one.limit) for one in (*buys, *sells)), default=(0, 0))
        found = find_price(buys, sells, reference=100)
        assert (found is None) == (best[0] == 0)
        if found is not None:
            found_some += 1
            assert at(found.price) >= best
    assert found_some > 200
