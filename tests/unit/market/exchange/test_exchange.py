"""The door: refusals that change nothing, client ids, gates, fees by kind, acknowledgements."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, CancelAll, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, OrderRepeated
from market_sim.market.exchange.acknowledgement import acknowledge
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.exchange.gates import check_side
from market_sim.market.exchange.invariants import check, compare
from market_sim.market.exchange.outlier import OutlierRule
from market_sim.simulation.engine.clock import Clock
from tests.unit.market.exchange.marketplace import Marketplace, random_day


@pytest.mark.parametrize("fees", [None, FeeSchedule(bps(1), bps(2.5), 3), FeeSchedule(bps(-1), bps(2))])
@pytest.mark.parametrize("seed", range(4))
def test_after_a_day_of_everything_the_exchange_keeps_its_promises(seed, fees):
    place = random_day(seed, 1_500, fees)
    assert check(place.exchange) == []
    assert compare(place.exchange, place.journal) == []
    kinds = {type(event).__name__ for event in place.journal}
    assert {"Trade", "OrderAmended", "OrderTriggered", "AuctionHeld", "IndicativePrice"} <= kinds


def test_the_same_order_sent_again_is_not_placed_again():
    place = Marketplace()
    first = place.sell("ann", 5, 100, client_id="mine")
    assert place.sell("ann", 5, 100, client_id="mine") is first
    assert [event.client_id for event in place.journal.of(OrderRepeated)] == ["mine"]
    assert place.book.depth() == ([], [(100, 5)])
    refusal = place.refused("ann", Sell("ACME", 6, 100, client_id="mine"))
    assert (refusal.reason, refusal.numbers) == ("DUPLICATE_CLIENT_ID", {"client_id": "mine", "order": 1})
    assert place.sell("bob", 6, 101, client_id="mine").id == 2


def test_a_refused_order_does_not_use_up_its_client_id():
    place = Marketplace()
    assert place.refused("ann", Buy("ACME", 10**6, 100_000, client_id="mine")).reason == "INSUFFICIENT_CASH"
    assert place.buy("ann", 10, 100, client_id="mine").status == "open"


def test_all_orders_of_an_instrument_are_taken_back_oldest_first():
    place = Marketplace()
    for limit in (100, 101, 102):
        place.sell("ann", 5, limit)
    place.accepted("ann", Amend(1, limit=103))
    place.buy("ann", 5, 99, stop=120)
    answer = place.exchange.submit("ann", CancelAll("ACME"))
    assert [order.id for order in answer] == [1, 2, 3, 4]
    assert [event.order for event in place.journal.of(OrderCancelled)] == [1, 2, 3, 4]
    assert place.exchange.submit("ann", CancelAll()) == []
    assert place.exchange.submit("ann", CancelAll("NONE")).reason == "UNKNOWN_INSTRUMENT"


def test_a_gate_may_refuse_a_new_order_and_an_amendment():
    class AtMostTen:
        def check(self, account, listing, intent, limit, quantity):
            if quantity > 10:
                raise RuleViolation("BAD_QUANTITY", quantity=str(quantity), most=10)

    place = Marketplace()
    place.exchange.add_gate(AtMostTen())
    assert place.refused("ann", Sell("ACME", 11, 100)).reason == "BAD_QUANTITY"
    order = place.sell("ann", 10, 100)
    assert place.refused("ann", Amend(order.id, 12)).numbers["most"] == 10
    assert order.quantity == 10


def test_an_order_at_ten_times_the_usual_price_is_taken_for_a_slip():
    place = Marketplace(outlier=OutlierRule(at_least=3))
    for price in (100, 101, 99):
        place.sell("ann", 1, price)
        place.buy("bob", 1, price)
    refusal = place.refused("cid", Buy("ACME", 1, 1_000))
    assert refusal.reason == "FAT_FINGER"
    assert refusal.numbers == {"limit": 1_000, "score": "1102.2", "most": 8, "mean": 100, "trades": 3}
    assert place.sell("cid", 1, 1_000).status == "open"
    order = place.buy("cid", 1, 100)
    assert place.refused("cid", Amend(order.id, limit=1_000)).reason == "FAT_FINGER"


def test_fees_follow_the_kind_of_the_instrument_unless_a_listing_names_its_own():
    exchange = Exchange(Clock(), Journal(), {"stock": FeeSchedule(taker=bps(3))})
    own = FeeSchedule(taker=bps(1))
    assert exchange.list(Stock("ACME")).fees.taker == bps(3)
    assert exchange.list(Stock("BOLT"), own).fees is own


def test_two_instruments_in_two_currencies_do_not_touch_each_other():
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME", quote="USD"))
    exchange.list(Stock("BOLT", quote="EUR"))
    for name in ("ann", "bob"):
        exchange.ledger.open_account(name)
        for asset in ("USD", "ACME", "BOLT"):
            exchange.ledger.deposit(name, asset, 1_000)
    assert exchange.submit("ann", Buy("BOLT", 1, 100)).reason == "INSUFFICIENT_CASH"
    exchange.submit("ann", Sell("BOLT", 5, 100))
    exchange.ledger.deposit("bob", "EUR", 500)
    exchange.submit("bob", Buy("BOLT", 5, 100))
    balances = exchange.accounts["ann"].balances
    assert {asset: balance.total for asset, balance in balances.items()} == {
        "USD": 1_000, "ACME": 1_000, "EUR": 500, "BOLT": 995,
    }  # fmt: skip


def test_an_acknowledgement_tells_id_status_fills_and_reason():
    place = Marketplace(FeeSchedule(taker=bps(100)))
    place.sell("ann", 4, 100)
    before = len(place.journal)
    answer = place.exchange.submit("bob", PlaceOrder("ACME", 1, 10, 101, "ioc"))
    told = acknowledge(answer, place.journal.since(before))
    assert (told.order, told.status, told.filled, told.remaining) == (2, "cancelled", 4, 0)
    assert [(fill.price, fill.quantity, fill.fee) for fill in told.fills] == [(100, 4, 4)]
    assert (told.reason, told.sentence) == ("REMAINDER", "6 withdrawn")
    refusal = acknowledge(place.exchange.submit("bob", Buy("ACME", 0, 1)), ())
    assert (refusal.order, refusal.status, refusal.reason) == (None, "refused", "BAD_QUANTITY")


def test_every_intent_has_one_answer_and_ids_are_dense():
    place = random_day(3, 800)
    ids = [event.order for event in place.journal.of(OrderAccepted)]
    assert ids == list(range(1, len(ids) + 1))


def test_the_operator_is_told_what_makes_no_sense():
    place = Marketplace()
    with pytest.raises(InputError, match="already listed"):
        place.exchange.list(Stock("ACME"))
    with pytest.raises(InputError, match="already an account"):
        place.exchange.ledger.open_account("ann")
    with pytest.raises(InputError, match="positive whole number"):
        place.exchange.ledger.deposit("ann", "USD", 0)


@pytest.mark.parametrize("side", [0, 2, -2, True, 1.0, -1.0, "1", None, [1]])
def test_a_side_is_plus_one_or_minus_one_and_nothing_that_equals_them(side):
    check_side(1)
    check_side(-1)
    with pytest.raises(RuleViolation, match="BAD_SIDE"):
        check_side(side)
