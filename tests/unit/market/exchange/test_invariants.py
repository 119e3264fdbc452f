"""An id that was given out is in order from the first to the last one; one beside them is a violation."""

from __future__ import annotations

import pytest

from market_sim.market.exchange.invariants import Violation, check, ids_are_dense
from tests.unit.market.exchange.marketplace import Marketplace


def test_the_first_and_the_last_id_that_were_given_out_are_in_order():
    place = Marketplace()
    orders = [place.buy("ann", 1, 90), place.buy("bob", 1, 91)]
    assert [order.id for order in orders] == [1, 2]
    assert list(ids_are_dense(place.exchange)) == []


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_an_id_that_was_never_given_out_is_found(number):
    place = Marketplace()
    place.buy("ann", 1, 90)
    order = place.buy("bob", 1, 91)
    waiting = place.exchange.accounts["bob"].open
    waiting[number] = waiting.pop(order.id)
    order.id = number
    assert list(ids_are_dense(place.exchange)) == [f"order {number} is known as {number}, the last id given out is 2"]


def test_an_order_that_is_known_under_the_id_of_another_is_found():
    place = Marketplace()
    first, second = place.buy("ann", 1, 90), place.buy("bob", 1, 91)
    accounts = place.exchange.accounts
    accounts["ann"].open[first.id], accounts["bob"].open[second.id] = second, first
    assert len(list(ids_are_dense(place.exchange))) == 2


def test_a_level_that_holds_no_order_is_found():
    place = Marketplace()
    order = place.buy("ann", 1, 90)
    assert check(place.exchange) == []
    level = place.book.bids.levels[order.key]
    level.orders.clear()
    level.volume = 0
    assert "ACME 90: an empty level" in [hit.found for hit in check(place.exchange)]


@pytest.mark.parametrize("shown", [0, 6])
def test_an_iceberg_that_shows_nothing_or_more_than_a_slice_is_found(shown):
    place = Marketplace()
    order = place.sell("ann", 20, 100, display=5)
    assert check(place.exchange) == []
    order.shown = shown
    assert f"ACME 100: order {order.id} shows {shown} of 20, at most 5" in [hit.found for hit in check(place.exchange)]


def test_a_violation_stays_what_was_found():
    with pytest.raises(AttributeError):
        Violation("X1", "found").found = "nothing"
