"""Short selling: L6, and how borrowed shares come back."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import SELL, Amend, Buy, Cancel, Conditions, PlaceOrder, Sell
from market_sim.core.models.mechanism_events import BoughtIn, Located, Recalled, ShortSalesRestricted
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.short_selling import Recall
from tests.unit.market.mechanisms.brokerage import DAY, Market, check_promises
from tests.unit.market.mechanisms.test_margin import reason


def shorts(**terms) -> Market:
    market = Market({"sid": Agreement(), "sue": Agreement()}, **terms)
    market.fund("sid", 100_000_00)
    market.fund("sue", 100_000_00)
    return market


def test_shares_are_located_before_the_sale_and_lent_once():
    market = shorts()
    assert market.sell("sid", 700, 100_00).status == "filled"
    answer = market.sell("sue", 301, 100_00)
    assert reason(answer) == "NO_LOCATE"
    assert answer.numbers == {"symbol": "ACME", "needed": 301, "available": 300}
    assert market.sell("sue", 300, 100_00).status == "filled"
    assert market.held("lender") == 0
    assert market.owed("sid") + market.owed("sue") == 1_000
    assert [event.quantity for event in market.events(Located)] == [700, 300]
    check_promises(market)


def test_without_a_lender_there_is_no_short_sale():
    market = shorts(lenders=())
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 100_00))) == "NO_LOCATE"


def test_a_cancelled_sale_gives_the_shares_back():
    market = shorts()
    order = market.exchange.submit("sid", Sell("ACME", 900, 110_00))
    assert (market.held("lender"), market.owed("sid")) == (100, 900)
    market.exchange.submit("sid", Cancel(order.id))
    # Somebody else can borrow them at once, although nobody has tidied up yet.
    assert market.sell("sue", 1_000, 100_00).status == "filled"
    assert market.owed("sid") == 0
    check_promises(market)


def test_idle_shares_of_the_seller_itself_are_sold_and_not_given_back_first():
    market = shorts()
    for name, quantity in (("sid", 900), ("sue", 50)):
        order = market.exchange.submit(name, Sell("ACME", quantity, 110_00))
        market.exchange.submit(name, Cancel(order.id))
    assert market.held("lender") == 50
    assert market.sell("sid", 1_000, 100_00).status == "filled"
    assert (market.owed("sid"), market.held("sid"), market.held("lender")) == (1_000, 0, 0)
    check_promises(market)


def test_a_covered_position_gives_the_shares_back():
    market = shorts()
    market.sell("sid", 500, 100_00)
    market.buy("sid", 200, 90_00)
    market.later()
    assert (market.owed("sid"), market.held("sid"), market.held("lender")) == (300, 0, 700)
    market.buy("sid", 400, 90_00)
    market.later()
    assert (market.owed("sid"), market.held("sid"), market.held("lender")) == (0, 100, 1_000)
    check_promises(market)


def test_only_what_is_not_held_is_borrowed():
    market = shorts()
    market.buy("sid", 40, 100_00)
    market.sell("sid", 100, 100_00)
    assert market.owed("sid") == 60


def test_the_fee_goes_from_the_borrower_to_the_lender():
    market = shorts(borrow_fees_bps={"ACME": 3_600})
    market.sell("sid", 100, 100_00)
    market.later(by=DAY)
    assert market.cash("lender") == 10_00  # 10,000 x 36 % / 360
    check_promises(market)


def test_a_dividend_is_made_good_to_the_lender():
    market = shorts()
    market.sell("sid", 100, 100_00)
    market.margin.lending.pay_dividend("ACME", 1_50)
    assert market.cash("lender") == 150_00
    assert [event.source for event in market.transfers("MANUFACTURED_DIVIDEND")] == ["sid"]


def test_recalled_shares_are_bought_in_after_the_notice():
    market = shorts(recalls=[Recall(DAY, "lender", "ACME", 80, 2 * DAY)])
    market.sell("sid", 100, 100_00)
    market.later(by=DAY)
    assert [(event.account, event.quantity, event.due) for event in market.events(Recalled)] == [("sid", 80, 3 * DAY)]
    market.offer(103_00, 1_000)
    market.later(by=DAY)
    assert market.events(BoughtIn) == []
    market.later(by=DAY)
    assert [(event.asked, event.filled) for event in market.events(BoughtIn)] == [(80, 80)]
    assert (market.owed("sid"), market.held("lender")) == (20, 980)
    check_promises(market)


def test_a_buy_in_that_finds_no_seller_is_tried_again():
    market = shorts(recalls=[Recall(DAY, "lender", "ACME", 80, 0)])
    market.sell("sid", 100, 100_00)
    market.later(by=DAY)
    assert [(event.asked, event.filled) for event in market.events(BoughtIn)] == [(80, 0)]
    market.offer(103_00, 50)
    market.later()
    market.offer(103_00, 50)
    market.later()
    assert [event.filled for event in market.events(BoughtIn)] == [0, 50, 30]
    market.later()
    assert (market.owed("sid"), len(market.events(BoughtIn))) == (20, 3)


def test_who_returns_in_time_is_not_bought_in():
    market = shorts(recalls=[Recall(DAY, "lender", "ACME", 80, DAY)])
    market.sell("sid", 100, 100_00)
    market.later(by=DAY)
    market.buy("sid", 100, 100_00)
    market.later(by=DAY)
    assert market.events(BoughtIn) == []


def test_recalled_shares_are_first_borrowed_elsewhere():
    market = Market({"sid": Agreement()}, recalls=[Recall(DAY, "lender", "ACME", 80, DAY)], lenders=("lender", "mm2"))
    market.fund("sid", 100_000_00)
    market.sell("sid", 100, 100_00)
    market.exchange.ledger.deposit("mm2", "ACME", 50)
    market.later(by=DAY)
    assert market.held("lender") == 950
    check_promises(market)


def test_after_a_fall_of_a_tenth_short_sales_do_not_hit_bids():
    market = shorts(uptick_rule=True)
    market.buy("sue", 1, 100_00)
    market.later(by=DAY)
    market.buy("sue", 1, 90_01)
    market.bid(90_00, 10)
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 90_00))) == "accepted"
    market.buy("sue", 1, 90_02)
    market.sell("sue", 1, 90_00)  # a sale of what is held is no short sale
    answer = market.exchange.submit("sid", Sell("ACME", 1, 90_00))
    assert reason(answer) == "UPTICK_RULE"
    assert answer.numbers == {"symbol": "ACME", "limit": 90_00, "bid": 90_00}
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 90_01))) == "accepted"
    assert [event.until for event in market.events(ShortSalesRestricted)] == [3 * DAY]
    market.later(by=2 * DAY)
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 90_00))) == "accepted"


def test_a_lender_is_an_account_without_margin():
    with pytest.raises(InputError, match="lender of shares"):
        Market({"sid": Agreement()}, lenders=("sid",))
    with pytest.raises(InputError, match="recall"):
        Market({"sid": Agreement()}, recalls=[Recall(DAY, "mm", "ACME", 5, 0)])


def test_what_was_sold_short_is_bought_back_without_asking_for_margin():
    market = shorts()
    market.sell("sid", 1_000, 100_00)
    market.offer(120_00, 1_000)
    market.value.price = 150_00
    market.clock.now += DAY // 10
    assert reason(market.exchange.submit("sid", Buy("ACME", 1_000, 120_00))) == "accepted"
    market.later()
    assert market.owed("sid") == 0
    check_promises(market)


def test_a_split_and_a_dividend_reach_the_lender_through_the_borrower():
    market = shorts()
    house = ClearingHouse(capital=0)
    market.exchange.ledger.open_account("company")
    market.fund("company", 1_000_000_00)
    market.exchange.ledger.deposit("company", "ACME", 500_000)
    market.sell("sid", 100, 100_00)
    house.exchange, house.ledger, house.journal = market.exchange, market.exchange.ledger, market.journal
    market.exchange.ledger.open_account("pledges")
    actions = CorporateActions(house, "ACME", "company", [CorporateAction(DAY, "split", 2)], Marks())
    actions.attach(market.exchange, market.journal)
    market.clock.now = DAY
    actions.act(DAY)
    market.margin.follow()
    assert (market.owed("sid"), market.held("lender")) == (200, 1_800)
    actions.carry_out(CorporateAction(DAY, "dividend", 50))
    market.margin.follow()
    market.margin.follow()
    assert market.cash("lender") == 2_000 * 50
    assert [event.amount for event in market.transfers("MANUFACTURED_DIVIDEND")] == [200 * 50]
    check_promises(market)


def restricted() -> Market:
    """ACME has fallen from 50.00 to 44.90, the best bid is there, and `sid` owns nothing."""
    market = shorts(uptick_rule=True, price=50_00)
    market.buy("sue", 1, 50_00)
    market.later(by=DAY)
    market.buy("sue", 1, 44_90)
    market.bid(44_90, 100)
    return market


def test_a_resting_short_sale_is_not_amended_into_a_bid_that_a_new_one_may_not_hit():
    market = restricted()
    order = market.exchange.submit("sid", Sell("ACME", 100, 46_00))
    answer = market.exchange.submit("sid", Amend(order.id, limit=44_90))
    assert reason(answer) == "UPTICK_RULE"
    assert answer.numbers == {"symbol": "ACME", "limit": 44_90, "bid": 44_90}
    assert (order.limit, order.remaining, market.owed("sid")) == (46_00, 100, 100)
    assert reason(market.exchange.submit("sid", Amend(order.id, limit=44_91))) == "accepted"
    check_promises(market)


@pytest.mark.parametrize("cash", [100_000_00, 1_000_000_00])
def test_a_short_sale_that_was_cancelled_is_not_entered_again_into_a_bid(cash):
    # With so much cash that the room is not used up, the second order is of the fast kind.
    market = restricted()
    market.fund("sid", cash)
    order = market.exchange.submit("sid", Sell("ACME", 100, 46_00))
    market.exchange.submit("sid", Cancel(order.id))
    assert market.owed("sid") == market.held("sid") == 100  # what was borrowed still lies there
    assert reason(market.exchange.submit("sid", Sell("ACME", 100, 44_90))) == "UPTICK_RULE"
    assert reason(market.exchange.submit("sid", Sell("ACME", 100, 44_91))) == "accepted"
    check_promises(market)


def test_an_order_that_only_becomes_smaller_is_no_new_short_sale():
    market = shorts(uptick_rule=True, price=50_00)
    market.buy("sue", 1, 50_00)
    market.later(by=DAY)
    order = market.exchange.submit("sid", Sell("ACME", 100, 46_00))
    market.buy("sue", 1, 44_90)
    market.bid(45_99, 1)
    assert reason(market.exchange.submit("sid", Amend(order.id, quantity=50))) == "accepted"
    assert reason(market.exchange.submit("sid", Amend(order.id, limit=45_99))) == "UPTICK_RULE"


def test_what_is_owned_may_be_sold_into_a_bid_and_what_is_sold_beside_it_may_not():
    market = restricted()
    market.buy("sid", 10, 45_00)
    assert reason(market.exchange.submit("sid", Sell("ACME", 10, 44_90))) == "accepted"
    market.buy("sid", 10, 45_00)
    resting = market.exchange.submit("sid", Sell("ACME", 10, 46_00))
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 44_90))) == "UPTICK_RULE"
    market.exchange.submit("sid", Cancel(resting.id))
    assert reason(market.exchange.submit("sid", Sell("ACME", 11, 44_90))) == "UPTICK_RULE"
    assert reason(market.exchange.submit("sid", Sell("ACME", 10, 44_90))) == "accepted"


@pytest.mark.parametrize(("limit", "ended"), [(44_80, "UPTICK_RULE"), (44_95, "")])
def test_a_stop_order_does_not_wake_up_as_a_short_sale_into_a_bid(limit, ended):
    market = shorts(uptick_rule=True, price=50_00)
    market.buy("sue", 1, 50_00)
    market.later(by=DAY)
    stop = market.exchange.submit("sid", PlaceOrder("ACME", SELL, 10, limit, conditions=Conditions(stop=44_95)))
    market.bid(44_90, 20)
    assert stop.status == "waiting"
    market.exchange.submit("sue", Sell("ACME", 1, 44_90))  # its own share, at a tenth below the close
    assert (stop.ended, stop.filled) == (ended, 0)
    market.later()
    assert market.owed("sid") == (0 if ended else 10)
    check_promises(market)


def test_a_stop_order_of_what_is_owned_wakes_up_into_a_bid():
    market = shorts(uptick_rule=True, price=50_00)
    market.buy("sue", 11, 50_00)
    market.later(by=DAY)
    stop = market.exchange.submit("sue", PlaceOrder("ACME", SELL, 10, 44_80, conditions=Conditions(stop=44_95)))
    market.bid(44_90, 20)
    market.exchange.submit("sue", Sell("ACME", 1, 44_90))
    assert stop.status == "filled"
