"""Orders that watch the clock, the last trade or the middle."""

from __future__ import annotations

from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderCancelled, OrderTriggered, Trade
from tests.unit.market.exchange.marketplace import Marketplace


def trade_at(place: Marketplace, price: int) -> None:
    place.sell("cid", 1, price)
    place.buy("dot", 1, price, "ioc")


def test_a_stop_waits_outside_the_book_until_a_trade_reaches_it():
    place = Marketplace()
    stop = place.buy("ann", 5, 110, stop=105)
    assert (stop.status, place.book.depth()) == ("waiting", ([], []))
    trade_at(place, 104)
    assert stop.status == "waiting"
    trade_at(place, 105)
    assert (stop.status, place.book.depth()) == ("open", ([(110, 5)], []))
    assert [(event.order, event.price) for event in place.journal.of(OrderTriggered)] == [(1, 105)]


def test_a_stop_that_is_through_at_entry_triggers_at_once():
    place = Marketplace()
    trade_at(place, 100)
    assert place.sell("ann", 5, 95, stop=100).status == "open"


def test_sells_trigger_by_descending_stop_then_buys_by_ascending_ties_by_id():
    place = Marketplace()
    place.exchange.phases.halt("ACME")
    place.exchange.phases.call("ACME")
    for side, stop in ((Buy, 101), (Sell, 100), (Buy, 100), (Sell, 103), (Sell, 100)):
        place.accepted("ann", side("ACME", 1, 102 if side is Sell else 98, stop=stop))
    place.sell("cid", 1, 101)
    place.buy("dot", 1, 101)
    place.exchange.phases.uncross("ACME")
    assert [event.order for event in place.journal.of(OrderTriggered)] == [4, 3, 1]


def test_one_stop_triggers_the_next():
    place = Marketplace()
    for price in (99, 98, 97):
        place.buy("bob", 5, price)
    first, second = place.sell("ann", 5, stop=99), place.sell("cid", 5, stop=98)
    place.sell("dot", 5, 99)
    assert [event.price for event in place.journal.of(Trade)] == [99, 98, 97]
    assert (first.status, second.status) == ("filled", "filled")


def test_a_resting_order_is_served_before_the_stop_that_its_trade_wakes():
    place = Marketplace()
    stop = place.sell("ann", 5, 100, stop=100)
    place.sell("bob", 5, 100)
    place.sell("cid", 5, 100)
    place.buy("dot", 5, 100)
    place.buy("dot", 6, 100)
    assert [trade.maker_order for trade in place.journal.of(Trade)] == [2, 3, stop.id]


def test_a_stop_order_holds_back_its_cash_and_gives_it_back():
    place = Marketplace()
    order = place.buy("ann", 10, stop=100)
    assert order.limit == 105
    assert place.exchange.accounts["ann"].balances["USD"].reserved == 1_050
    place.accepted("ann", Cancel(order.id))
    assert place.exchange.accounts["ann"].balances["USD"].reserved == 0


def test_a_gtd_order_is_gone_before_the_first_message_at_its_time():
    place = Marketplace()
    order = place.sell("ann", 5, 100, "gtd", expires=50)
    place.clock.now = 49
    place.buy("bob", 1, 100)
    place.clock.now = 50
    place.buy("bob", 1, 100)
    assert (order.filled, order.ended, len(place.trades)) == (1, "EXPIRED", 1)


def test_a_day_order_ends_with_the_day_and_a_gtc_order_does_not():
    place = Marketplace()
    place.sell("ann", 5, 100, "day")
    place.sell("ann", 5, 101)
    place.buy("bob", 5, 99, "day", stop=120)
    place.exchange.phases.close_day()
    assert list(place.exchange.orders) == [2]
    assert [event.order for event in place.journal.of(OrderCancelled)] == [1, 3]


def test_a_pegged_order_follows_the_middle_unseen_and_not_beyond_its_limit():
    place = Marketplace()
    place.sell("bob", 5, 110)
    peg = place.buy("ann", 5, 103, peg="mid")
    assert peg.status == "waiting"
    place.buy("bob", 5, 100)
    assert (peg.status, peg.limit) == ("open", 103)
    assert place.book.depth() == ([(100, 5)], [(110, 5)])
    best = place.sell("cid", 5, 105)
    assert peg.limit == 102
    place.accepted("cid", Cancel(best.id))
    assert peg.limit == 103
    place.sell("dot", 2, 103)
    assert place.trades == [(2, 5, 103, 2)]


def test_pegged_orders_meet_when_the_middle_is_a_price():
    place = Marketplace()
    place.buy("bob", 5, 100)
    place.sell("bob", 5, 103)
    place.buy("ann", 4, 110, peg="mid")
    place.sell("cid", 4, 90, peg="mid")
    assert place.trades == []
    place.accepted("bob", Amend(2, limit=102))
    assert place.trades == [(3, 4, 101, 4)]


def test_a_pegged_buy_gives_back_what_it_did_not_need():
    place = Marketplace()
    place.buy("bob", 5, 100)
    place.sell("bob", 5, 104)
    place.buy("ann", 4, 200, peg="mid")
    place.sell("cid", 4, 102)
    cash = place.exchange.accounts["ann"].balances["USD"]
    assert (10_000_000 - cash.total, cash.reserved) == (408, 0)
    assert not place.listing.pegs
    assert not place.listing.busy


def test_pegged_orders_follow_the_middle_between_two_stops_that_one_trade_wakes():
    place = Marketplace()
    for quantity, price in ((2, 100), (5, 90)):
        place.buy("bob", quantity, price)
    place.sell("bob", 5, 110)
    peg = place.sell("dot", 5, 90, peg="mid")
    assert peg.limit == 105
    place.sell("ann", 1, stop=100)  # takes the last bid at 100, so that the middle is 100
    second = place.buy("cid", 1, 100, stop=100)
    place.sell("ann-too", 1, 100, "ioc")
    assert place.trades[-1] == (peg.id, second.id, 100, 1)
