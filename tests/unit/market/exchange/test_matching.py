"""What orders do that meet: priority, order types, and two orders of one owner."""

from __future__ import annotations

import pytest

from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderCancelled
from tests.unit.market.exchange.marketplace import Marketplace


def test_a_partial_fill_keeps_time_priority():
    place = Marketplace()
    place.sell("ann", 10, 100)
    place.sell("bob", 10, 100)
    place.buy("cid", 4, 100)
    place.buy("cid", 8, 100)
    assert place.trades == [(1, 3, 100, 4), (1, 4, 100, 6), (2, 4, 100, 2)]


def test_a_trade_happens_at_the_price_of_the_order_that_waited():
    place = Marketplace()
    place.sell("ann", 10, 100)
    assert place.buy("bob", 10, 105).status == "filled"
    assert place.trades == [(1, 2, 100, 10)]


def test_what_is_shown_is_served_before_what_is_hidden_and_that_before_what_is_pegged():
    place = Marketplace()
    place.buy("dot", 1, 98)
    place.sell("dot", 1, 102)
    place.sell("ann", 5, 100, peg="mid")
    place.sell("bob", 5, 100, hidden=True)
    place.sell("cid", 5, 100)
    place.buy("dot", 15, 100)
    assert [maker for maker, *_ in place.trades] == [5, 4, 3]


def test_the_next_slice_of_an_iceberg_goes_to_the_back():
    place = Marketplace()
    place.sell("ann", 30, 100, display=10)
    place.sell("bob", 10, 100)
    assert place.book.depth() == ([], [(100, 20)])
    place.buy("cid", 25, 100)
    assert [(maker, quantity) for maker, _, _, quantity in place.trades] == [(1, 10), (2, 10), (1, 5)]
    assert place.book.depth() == ([], [(100, 5)])


def test_a_market_order_stops_five_percent_away_and_the_rest_is_gone():
    place = Marketplace()
    for price in (100, 105, 106):
        place.sell("ann", 10, price)
    order = place.buy("bob", 30)
    assert place.trades == [(1, 4, 100, 10), (2, 4, 105, 10)]
    assert (order.status, order.ended, order.filled, order.remaining) == ("cancelled", "REMAINDER", 20, 10)


def test_ioc_takes_what_is_there_and_fok_all_or_nothing():
    place = Marketplace()
    place.sell("ann", 10, 100)
    refusal = place.refused("bob", Buy("ACME", 11, 100, "fok"))
    assert (refusal.reason, refusal.numbers) == ("FOK_UNFILLABLE", {"fillable": 10, "quantity": 11})
    assert place.trades == []
    assert place.buy("bob", 11, 100, "ioc").filled == 10
    assert place.book.depth() == ([], [])


def test_post_only_is_refused_or_slides_also_before_a_hidden_order():
    place = Marketplace()
    place.sell("ann", 10, 100, hidden=True)
    refusal = place.refused("bob", Buy("ACME", 5, 100, post_only="reject"))
    assert (refusal.reason, refusal.numbers) == ("POST_ONLY_WOULD_TAKE", {"limit": 100, "best": 100})
    order = place.buy("bob", 5, 103, post_only="slide")
    assert (order.limit, order.status, place.trades) == (99, "open", [])


@pytest.mark.parametrize(
    ("mode", "left", "gone"),
    [
        ("cancel_newest", {1: 10, 2: 4}, {3: 9}),
        ("cancel_oldest", {}, {1: 10, 3: 5}),
        ("cancel_both", {2: 4}, {1: 10, 3: 9}),
        ("decrement_and_cancel", {1: 1, 2: 4}, {3: 9, 1: 9}),
    ],
)
def test_two_orders_of_one_owner_never_trade(mode, left, gone):
    place = Marketplace()
    place.sell("ann", 10, 100)
    place.sell("bob", 4, 100)
    place.accepted("ann-too", Buy("ACME", 9, 100, "ioc", self_trade=mode))
    cancelled = {event.order: event.quantity for event in place.journal.of(OrderCancelled)}
    assert {order.id: order.remaining for order in place.exchange.orders.values()} == left
    assert cancelled == gone
    assert all(1 not in (maker, taker) for maker, taker, *_ in place.trades)


def test_fills_before_the_own_order_stand():
    place = Marketplace()
    place.sell("bob", 4, 99)
    place.sell("ann", 10, 100)
    order = place.buy("ann-too", 9, 100)
    assert place.trades == [(1, 3, 99, 4)]
    assert (order.filled, order.ended) == (4, "SELF_TRADE")


def test_nothing_is_left_behind_in_the_book_by_a_full_fill():
    place = Marketplace()
    place.sell("ann", 10, 100, display=3)
    place.accepted("bob", Buy("ACME", 10, 100))
    place.accepted("bob", Sell("ACME", 1, 100))
    assert place.book.depth() == ([], [(100, 1)])
    assert list(place.exchange.accounts["ann"].open) == []
