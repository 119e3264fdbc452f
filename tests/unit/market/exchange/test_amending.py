"""New terms for an order that waits: who keeps the place, who loses it, what is held back."""

from __future__ import annotations

import pytest

from market_sim.core.models.intents import Amend
from market_sim.core.models.market_events import OrderAmended
from tests.unit.market.exchange.marketplace import Marketplace


@pytest.mark.parametrize(
    ("change", "served"),
    [({"quantity": 5}, [1, 2]), ({"quantity": 20}, [2, 1]), ({"quantity": 10}, [1, 2])],
)
def test_only_a_smaller_order_keeps_its_place(change, served):
    place = Marketplace()
    place.sell("ann", 10, 100)
    place.sell("bob", 10, 100)
    place.accepted("ann", Amend(1, **change))
    place.buy("cid", 12, 100)
    assert [maker for maker, *_ in place.trades] == served


def test_a_new_limit_may_trade_at_once():
    place = Marketplace()
    place.buy("ann", 10, 99)
    place.sell("bob", 10, 101)
    order = place.accepted("ann", Amend(1, limit=101))
    assert (order.status, place.trades) == ("filled", [(2, 1, 101, 10)])


def test_an_order_amended_to_what_it_has_traded_is_done():
    place = Marketplace()
    order = place.sell("ann", 10, 100)
    place.buy("bob", 4, 100)
    place.accepted("ann", Amend(order.id, 4))
    assert (order.status, order.ended, order.filled) == ("cancelled", "AMENDED_BELOW_FILLED", 4)
    assert place.exchange.accounts["ann"].balances["ACME"].reserved == 0


def test_new_terms_are_paid_for_or_refused():
    place = Marketplace()
    order = place.buy("ann", 10, 100)
    assert place.refused("ann", Amend(order.id, 1_000_000)).reason == "INSUFFICIENT_CASH"
    assert place.exchange.accounts["ann"].balances["USD"].reserved == 1_000
    place.accepted("ann", Amend(order.id, 100_000))
    assert place.exchange.accounts["ann"].balances["USD"].reserved == 10_000_000


def test_a_post_only_order_does_not_become_a_taker():
    place = Marketplace()
    order = place.buy("ann", 10, 99, post_only="slide")
    place.sell("bob", 10, 101)
    refusal = place.refused("ann", Amend(order.id, limit=101))
    assert (refusal.reason, refusal.numbers) == ("POST_ONLY_WOULD_TAKE", {"limit": 101, "best": 101})
    assert order.limit == 99


def test_an_iceberg_shows_no_more_than_it_has():
    place = Marketplace()
    place.sell("ann", 30, 100, display=10)
    place.accepted("ann", Amend(1, 4))
    assert place.book.depth() == ([], [(100, 4)])


def test_a_waiting_stop_keeps_its_stop_and_gets_new_terms():
    place = Marketplace()
    order = place.buy("ann", 10, 110, stop=105)
    place.accepted("ann", Amend(order.id, 5))
    place.accepted("ann", Amend(order.id, limit=120))
    assert (order.status, order.quantity, order.limit) == ("waiting", 5, 120)
    assert place.exchange.accounts["ann"].balances["USD"].reserved == 600
    assert [event.kept_place for event in place.journal.of(OrderAmended)] == [True, False]


def test_a_market_order_has_no_limit_to_amend():
    place = Marketplace()
    order = place.buy("ann", 10, stop=105)
    refusal = place.refused("ann", Amend(order.id, limit=120))
    assert (refusal.reason, refusal.numbers["field"]) == ("BAD_CONDITIONS", "limit")


def test_a_pegged_order_moves_with_its_new_limit():
    place = Marketplace()
    place.buy("bob", 1, 100)
    place.sell("bob", 1, 110)
    order = place.buy("ann", 10, 102, peg="mid")
    place.accepted("ann", Amend(order.id, limit=120))
    assert (order.limit, order.cap, place.exchange.accounts["ann"].balances["USD"].reserved) == (105, 120, 1_200)
