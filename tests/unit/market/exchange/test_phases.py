"""Halts, calls and auctions as the exchange holds them."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import AuctionHeld, IndicativePrice, OrderCancelled, PhaseChanged, Trade
from market_sim.market.exchange.fees import FeeSchedule, bps
from tests.unit.market.exchange.marketplace import Marketplace


def test_in_a_halt_orders_are_refused_and_cancels_are_not():
    place = Marketplace()
    order = place.sell("ann", 5, 100)
    place.exchange.phases.halt("ACME", "PRICE_MOVED", {"percent": 5})
    refusal = place.refused("bob", Buy("ACME", 5, 100))
    assert (refusal.reason, refusal.numbers) == ("HALTED", {"symbol": "ACME", "because": "PRICE_MOVED"})
    assert place.refused("ann", Amend(order.id, 4)).reason == "HALTED"
    assert place.accepted("ann", Cancel(order.id)).ended == "CANCELLED"
    assert [event.numbers for event in place.journal.of(PhaseChanged)] == [{"percent": 5}]


def test_nothing_triggers_in_a_halt_but_when_trading_goes_on():
    place = Marketplace()
    place.sell("ann", 5, 100)
    stop = place.buy("bob", 5, 120, stop=100)
    place.exchange.phases.halt()
    place.listing.last = 100
    assert stop.status == "waiting"
    place.exchange.phases.resume()
    assert stop.status == "filled"


def test_a_call_collects_and_its_auction_trades_everything_at_one_price():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    place.buy("ann", 10, 102)
    place.buy("bob", 5)
    place.sell("cid", 8, 99)
    place.sell("dot", 5, 101)
    assert place.trades == []
    place.exchange.phases.uncross("ACME")
    assert {trade.price for trade in place.journal.of(Trade)} == {102}
    assert [(order, quantity) for order, _, _, quantity in place.trades] == [(2, 5), (1, 3), (1, 5)]
    assert place.book.depth() == ([(102, 2)], [])
    held = next(place.journal.of(AuctionHeld))
    assert (held.price, held.volume, held.surplus) == (102, 13, 2)


def test_the_indicative_price_is_told_after_each_message_that_changes_it():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    place.buy("ann", 10, 102)
    assert list(place.journal.of(IndicativePrice)) == []
    place.sell("cid", 8, 99)
    order = place.sell("dot", 2, 101)
    place.sell("dot", 2, 150)
    place.accepted("dot", Cancel(order.id))
    told = [(event.price, event.volume, event.surplus) for event in place.journal.of(IndicativePrice)]
    assert told == [(102, 8, 2), (101, 10, 0), (102, 8, 2)]


def test_what_was_for_the_auction_only_is_gone_after_it():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    kept, gone = place.buy("ann", 10, 98), place.buy("ann", 10, 98, "auction")
    market = place.buy("bob", 5)
    place.exchange.phases.uncross("ACME")
    assert (kept.status, gone.ended, market.ended) == ("open", "REMAINDER", "REMAINDER")
    assert place.refused("ann", Buy("ACME", 1, 98, "auction")).reason == "WRONG_PHASE"


def test_full_icebergs_and_hidden_orders_take_part():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    place.sell("ann", 50, 100, display=5)
    place.sell("bob", 10, 100, hidden=True)
    place.buy("cid", 60, 100)
    place.exchange.phases.uncross("ACME")
    assert place.trades == [(1, 3, 100, 50), (2, 3, 100, 10)]


def test_own_orders_do_not_meet_and_the_others_still_trade_at_one_price():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    place.buy("ann", 10, 110)
    place.sell("ann-too", 10, 90)
    place.sell("bob", 4, 105)
    place.exchange.phases.uncross("ACME")
    assert place.trades == [(1, 3, 110, 4)]
    assert [(event.order, event.reason) for event in place.journal.of(OrderCancelled)] == [(2, "SELF_TRADE")]
    assert not place.book.is_crossed


def test_both_sides_of_an_auction_pay_the_makers_fee():
    place = Marketplace(FeeSchedule(maker=bps(10), taker=bps(50)))
    place.exchange.phases.call("ACME", reference=100)
    place.buy("ann", 100, 100)
    place.sell("bob", 100, 100)
    place.exchange.phases.uncross("ACME")
    trade = next(place.journal.of(Trade))
    assert (trade.maker_fee, trade.taker_fee) == (10, 10)


def test_ioc_and_fok_have_no_place_in_a_call():
    place = Marketplace()
    place.exchange.phases.call("ACME")
    for lives in ("ioc", "fok"):
        assert place.refused("ann", Buy("ACME", 1, 100, lives)).reason == "WRONG_PHASE"
    assert place.refused("ann", Buy("ACME", 1)).reason == "NO_LIQUIDITY"


def test_trading_does_not_go_on_with_a_crossed_book():
    place = Marketplace()
    place.exchange.phases.call("ACME")
    place.buy("ann", 1, 110)
    place.sell("bob", 1, 90)
    place.exchange.phases.halt("ACME")
    with pytest.raises(InputError, match="would trade"):
        place.exchange.phases.resume("ACME")
    with pytest.raises(InputError, match="only a call"):
        place.exchange.phases.uncross("ACME")


def test_pegged_orders_sleep_until_trading_is_continuous():
    place = Marketplace()
    place.buy("bob", 5, 100)
    place.sell("bob", 5, 104)
    peg = place.buy("ann", 5, 110, peg="mid")
    place.exchange.phases.halt()
    assert peg.status == "waiting"
    place.exchange.phases.call()
    place.exchange.phases.uncross()
    assert (peg.status, peg.limit) == ("open", 102)


def test_a_halt_of_the_exchange_halts_every_instrument():
    place = Marketplace()
    place.exchange.phases.halt()
    place.exchange.phases.close("ACME")
    assert place.refused("ann", Sell("ACME", 1, 100)).reason == "CLOSED"
    with pytest.raises(InputError, match="not listed"):
        place.exchange.phases.halt("NONE")


def test_a_withdrawn_own_order_does_not_leave_the_book_crossed():
    place = Marketplace()
    place.exchange.phases.call("ACME", reference=100)
    for name, side, quantity, limit in (
        ("cid", "buy", 9, 101), ("bob", "buy", 5, 99), ("ann", "buy", 3, 97),
        ("cid", "sell", 4, 99), ("ann", "sell", 4, 99), ("ann", "sell", 3, 100),
    ):  # fmt: skip
        getattr(place, side)(name, quantity, limit)
    place.exchange.phases.uncross("ACME")
    assert place.book.depth() == ([(101, 2), (99, 5), (97, 3)], [])
    assert place.trades == [(1, 5, 101, 4), (1, 6, 101, 3)]
