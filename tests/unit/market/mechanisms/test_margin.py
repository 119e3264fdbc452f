"""Margin before an order: L1, L2 and L7, with the numbers that Regulation T, FINRA and Cboe publish."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option, Warrant
from market_sim.core.models.intents import Amend, Buy, Cancel, Sell
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.reasons import explain
from market_sim.market.mechanisms.equity import equity_after
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.requirements import PortfolioMargin, StrategyMargin, us_strategy
from market_sim.pricing.margin_formulas import call_price_long, call_price_short
from market_sim.pricing.perpetual import Tier
from tests.unit.market.mechanisms.brokerage import BTC, DAY, Market, check_promises


def reason(answer: object) -> str:
    return answer.reason if isinstance(answer, OrderRejected) else "accepted"


def test_half_of_a_purchase_is_lent_and_not_a_cent_more():
    enough, short = Market({"ann": Agreement()}), Market({"ann": Agreement()})
    enough.fund("ann", 5_000_00)
    short.fund("ann", 4_999_99)
    assert enough.buy("ann", 100, 100_00).status == "filled"
    assert (enough.loan("ann"), enough.cash("ann")) == (5_000_00, 0)
    answer = short.buy("ann", 100, 100_00)
    assert reason(answer) == "INITIAL_MARGIN"
    assert (answer.numbers["needed"], answer.numbers["available"]) == (5_000_00, 4_999_99)
    assert short.loan("ann") == 0
    check_promises(enough)


def test_a_short_sale_needs_half_of_its_value_beside_the_proceeds():
    enough, short = Market({"sid": Agreement()}), Market({"sid": Agreement()})
    enough.fund("sid", 5_000_00)
    short.fund("sid", 4_999_99)
    assert enough.sell("sid", 100, 100_00).status == "filled"
    assert enough.cash("sid") == 15_000_00  # 150 % of the value, the proceeds among it
    assert reason(short.sell("sid", 100, 100_00)) == "INITIAL_MARGIN"
    check_promises(enough)


def test_a_written_call_needs_what_cboe_prints_for_it():
    # IBM at 97.73, a call at 100 written for 1.68: $1,727.60 after the proceeds (Cboe margin manual).
    for cash, expected in ((1_727_60, "accepted"), (1_727_59, "INITIAL_MARGIN")):
        market = Market({"ann": Agreement()}, price=97_73)
        market.exchange.list(Option("C100", underlying="ACME", strike=100_00, expiry=DAY * 99, multiplier=100))
        market.bid(1_68, 1, "C100")
        market.fund("ann", cash)
        market.exchange.listings["C100"].last = 1_68
        market.later()
        assert reason(market.exchange.submit("ann", Sell("C100", 1, 1_68))) == expected


def test_the_account_of_a_borrower_is_in_breach_below_the_published_price():
    market = Market({"ann": Agreement(), "sid": Agreement()})
    market.fund("ann", 5_000_00)
    market.fund("sid", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.sell("sid", 100, 100_00)
    star, ceiling = call_price_long(5_000_00, 100), call_price_short(15_000_00, 100)
    assert (round(star), round(ceiling)) == (66_67, 115_38)
    for price, breached in ((66_67, False), (66_66, True)):
        market.margin.calculator.snapshots.known["ACME"] = price
        assert market.margin.calculator.status("ann").in_breach == breached
    for price, breached in ((115_38, False), (115_39, True)):
        market.margin.calculator.snapshots.known["ACME"] = price
        assert market.margin.calculator.status("sid").in_breach == breached


def test_open_orders_count_at_their_worst():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    first = market.exchange.submit("ann", Buy("ACME", 60, 100_00))
    assert first.status == "open"
    assert reason(market.exchange.submit("ann", Buy("ACME", 41, 100_00))) == "INITIAL_MARGIN"
    assert reason(market.exchange.submit("ann", Amend(first.id, quantity=101))) == "INITIAL_MARGIN"
    assert reason(market.exchange.submit("ann", Amend(first.id, quantity=100))) == "accepted"
    market.exchange.submit("ann", Cancel(first.id))
    assert reason(market.exchange.submit("ann", Buy("ACME", 100, 100_00))) == "accepted"
    check_promises(market)


def test_paying_more_than_the_mark_takes_the_difference_out_of_the_equity():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    # 90 x 100 x 50 % = 4,500, and 90 x 5.56 above the mark is more than the 500 that are left.
    assert reason(market.exchange.submit("ann", Buy("ACME", 90, 105_56))) == "INITIAL_MARGIN"
    assert reason(market.exchange.submit("ann", Buy("ACME", 90, 105_55))) == "accepted"


def test_closing_is_allowed_without_any_margin_and_turning_around_is_not():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.value.price = 80_00
    market.clock.now += DAY // 10 - 1  # the next snapshot is not due yet; then it is
    market.clock.now += 1
    market.bid(79_00, 300)
    assert reason(market.exchange.submit("ann", Buy("ACME", 1, 80_00))) == "INITIAL_MARGIN"
    assert reason(market.exchange.submit("ann", Sell("ACME", 250, 79_00))) == "INITIAL_MARGIN"
    assert market.exchange.submit("ann", Sell("ACME", 100, 79_00)).status == "filled"
    market.later()
    assert (market.loan("ann"), market.cash("ann")) == (0, 2_900_00)
    check_promises(market)


def test_idle_cash_pays_loans_back():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    order = market.exchange.submit("ann", Buy("ACME", 80, 100_00))
    assert market.loan("ann") == 3_000_00
    market.exchange.submit("ann", Cancel(order.id))
    market.later()
    assert (market.loan("ann"), market.cash("ann")) == (0, 5_000_00)


def test_a_broker_lends_no_more_than_it_has():
    market = Market({"ann": Agreement()}, capital=1_000_00)
    market.fund("ann", 5_000_00)
    answer = market.exchange.submit("ann", Buy("ACME", 61, 100_00))
    assert reason(answer) == "NO_CREDIT"
    assert answer.numbers == {"account": "ann", "needed": 1_100_00, "available": 1_000_00}
    assert reason(market.exchange.submit("ann", Buy("ACME", 60, 100_00))) == "accepted"


def test_interest_is_a_debit_of_the_borrower_and_a_credit_of_the_broker():
    market = Market({"ann": Agreement()}, interest_bps=720)
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    before = market.cash("broker") + market.loan("ann")
    market.later(by=DAY)
    assert market.loan("ann") == 5_001_00  # 5,000 x 7.2 % / 360 = 1.00, added to the loan
    assert market.cash("broker") + market.loan("ann") == before + 1_00
    assert [event.amount for event in market.transfers("INTEREST")] == [1_00]
    check_promises(market)


def test_interest_that_cannot_be_lent_is_paid_as_soon_as_there_is_cash():
    market = Market({"ann": Agreement()}, interest_bps=720, capital=5_000_00)
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.later(by=DAY)
    assert market.transfers("INTEREST") == []
    assert market.margin.credit.unpaid == {"ann": 1_00}
    market.sell("ann", 10, 100_00)
    market.later(by=DAY)
    # The sale paid 1,000 of the loan back, which the broker can lend again for two days' interest: 1.00 and 0.80.
    assert [event.amount for event in market.transfers("INTEREST")] == [1_80]
    assert market.margin.credit.unpaid == {}
    check_promises(market)


def test_portfolio_margin_opens_at_its_own_requirement():
    for cash, expected in ((1_500_00, "accepted"), (1_499_99, "INITIAL_MARGIN")):
        market = Market({"pat": Agreement(PortfolioMargin())})
        market.fund("pat", cash)
        assert reason(market.buy("pat", 100, 100_00)) == expected
        check_promises(market)


def test_larger_positions_need_more_by_tiers():
    rules = StrategyMargin(leverage=10, tiers=(Tier(0, 50), Tier(5_000_00, 100)))
    market = Market({"leo": Agreement(rules)})
    market.fund("leo", 1_000_00)
    market.buy("leo", 100, 100_00, "PERP")
    assert market.margin.calculator.status("leo").requirement == 25_00 + 50_00


def test_an_ordinary_order_asks_the_gate_too_and_a_tight_account_is_weighed_exactly():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    accepted = 0
    while reason(market.exchange.submit("ann", Buy("ACME", 1, 100_00))) == "accepted":
        accepted += 1
    assert accepted == 100


def test_equity_is_the_same_sum_at_every_entry_of_the_journal():
    market = Market({"ann": Agreement(), "leo": Agreement(BTC)})
    market.fund("ann", 5_000_00)
    market.fund("leo", 1_000_00)
    market.buy("ann", 100, 100_00)
    market.buy("leo", 50, 100_00, "PERP")
    market.value.price = 101_00
    market.margin.calculator.snapshots.take()
    calculator = market.margin.calculator
    last = market.exchange.ledger.entries
    now = equity_after(market.journal, last, calculator.marks, calculator._terms)
    assert now["ann"] == calculator.equity("ann") == 5_100_00
    assert now["leo"] == calculator.equity("leo") == 1_050_00
    # Before the purchase the loan was there already; before both, nothing but cash.
    assert equity_after(market.journal, 1, calculator.marks, calculator._terms)["ann"] == 5_000_00
    assert equity_after(market.journal, 0, calculator.marks, calculator._terms)["leo"] == 1_000_00


def test_what_has_no_price_counts_nothing_and_cannot_be_sold_short():
    market = Market({"ann": Agreement()})
    market.margin._values = {}
    market.margin.calculator.snapshots._marks.values = {}
    market.margin.calculator.snapshots.known.clear()
    market.margin._due = 0
    market.fund("ann", 1_000_00)
    market.exchange.ledger.deposit("ann", "ACME", 10)
    market.margin.calculator.catch_up()
    market.margin.act(0)
    assert market.margin.calculator.equity("ann") == 1_000_00
    assert reason(market.exchange.submit("ann", Sell("ACME", 11, 100_00))) == "NO_MARK"
    assert reason(market.exchange.submit("ann", Sell("ACME", 10, 100_00))) == "accepted"
    assert reason(market.exchange.submit("ann", Buy("ACME", 11, 100_00))) == "INITIAL_MARGIN"


def test_a_huge_gap_or_a_price_of_nothing_is_no_exception():
    market = Market({"ann": Agreement(), "leo": Agreement(BTC)})
    market.fund("ann", 5_000_00)
    market.fund("leo", 1_000_00)
    market.buy("ann", 100, 100_00)
    market.buy("leo", 100, 100_00, "PERP")
    for price in (0, 10**12, 0):
        market.later(price)
        check_promises(market)
    assert market.held("leo", "PERP") == 0
    assert market.margin.calculator.equity("ann") <= 0 == market.margin.calculator.equity("leo")


@pytest.mark.parametrize(
    "terms", [{"capital": -1}, {"interest_bps": 1.5}, {"grace": True}, {"check_every": 3}, {"day": 0}]
)
def test_terms_that_cannot_be_meant_are_refused(terms):
    with pytest.raises(InputError):
        MarginTerms(**terms)


def test_agreements_and_profiles_are_checked():
    market = Market({})
    with pytest.raises(InputError, match="nobody"):
        MarginAccounts({"nobody": Agreement()}, MarginTerms(broker="other")).attach(market.exchange, market.journal)
    with pytest.raises(InputError):
        StrategyMargin(leverage=200)
    with pytest.raises(InputError):
        StrategyMargin(leverage=0)


def test_the_portfolio_profile_sees_that_a_put_protects():
    market = Market({})
    market.exchange.list(Option("P95", underlying="ACME", strike=95_00, expiry=DAY, right="put", multiplier=100))
    market.margin.calculator.catch_up()
    instruments, marks = market.margin.calculator.instruments, {"ACME": 100_00, "P95": 2_00}
    bare = PortfolioMargin().requirement({"ACME": 100}, marks, instruments, initial=True)
    hedged = PortfolioMargin().requirement({"ACME": 100, "P95": 1}, marks, instruments, initial=True)
    assert bare == 1_500_00
    assert hedged < bare < us_strategy.requirement({"ACME": 100}, marks, instruments, initial=True)


def test_stock_covers_the_call_that_is_written_on_it():
    market = Market({})
    market.exchange.list(Option("C100", underlying="ACME", strike=100_00, expiry=DAY, multiplier=100))
    market.margin.calculator.catch_up()
    instruments, marks = market.margin.calculator.instruments, {"ACME": 100_00, "C100": 2_00}
    alone = us_strategy.requirement({"ACME": 100}, marks, instruments, initial=True)
    covered = us_strategy.requirement({"ACME": 100, "C100": -1}, marks, instruments, initial=True)
    assert covered == alone
    # ... unless an order offers the stock.
    assert us_strategy.with_orders({"ACME": 100, "C100": -1}, {}, {"ACME": 100}, marks, instruments) > alone


def cheap(price: int, deposit: int, quantity: int) -> tuple[Market, object]:
    """A market with a cheap share, and a short sale of it."""
    market = Market({"sid": Agreement()}, price=price)
    market.exchange.ledger.deposit("lender", "ACME", 100_000)
    market.fund("sid", deposit)
    return market, market.sell("sid", quantity, price)


def test_a_short_sale_of_a_cheap_share_needs_what_keeps_it_open():
    market, answer = cheap(price=2_00, deposit=10_000_00, quantity=10_000)
    assert reason(answer) == "INITIAL_MARGIN"
    assert answer.numbers == {"value": 20_000_00, "needed": 25_000_00, "available": 10_000_00}
    assert market.owed("sid") == 0
    check_promises(market)


@pytest.mark.parametrize(
    ("price", "each"), [(10, 2_50), (2_00, 2_50), (2_50, 2_50), (4_99, 4_99), (5_00, 5_00), (9_99, 5_00), (10_02, 5_01)]
)
def test_who_may_just_sell_short_is_not_called_at_the_unchanged_price(price, each):
    for deposit, expected in ((100 * each, "accepted"), (100 * each - 1, "INITIAL_MARGIN")):
        market, answer = cheap(price, deposit, 100)
        assert reason(answer) == expected
        assert not market.margin.calculator.status("sid").in_breach


def test_the_room_that_is_left_counts_the_least_amount_of_each_share_too():
    market, answer = cheap(price=10, deposit=1_000_00, quantity=100)
    resting = market.exchange.submit("sid", Sell("ACME", 300, 11))
    assert (reason(answer), resting.status) == ("accepted", "open")
    for _ in range(6):  # the borrowed shares lie idle, so each of these is an order of the fast kind
        market.exchange.submit("sid", Cancel(resting.id))
        resting = market.exchange.submit("sid", Sell("ACME", 300, 11))
        assert resting.status == "open"
    assert reason(market.exchange.submit("sid", Sell("ACME", 1, 11))) == "INITIAL_MARGIN"


def test_an_isolated_contract_is_not_opened_so_far_from_its_mark_that_it_is_lost_at_once():
    market = Market({"leo": Agreement(BTC, isolated=("PERP",))})
    market.fund("leo", 1_000_000_00)
    # At 110.50 a tenth is 11.05, of which 10.50 are lost at the mark of 100: 0.55 are left, and 0.50 are needed.
    assert reason(market.buy("leo", 1, 110_55, "PERP")) == "accepted"
    answer = market.buy("leo", 1, 110_60, "PERP")
    assert reason(answer) == "INITIAL_MARGIN"
    assert answer.numbers["needed"] > answer.numbers["available"]
    assert not market.margin.calculator.status("leo", "PERP").in_breach


def test_a_contract_without_any_price_cannot_be_sold_short():
    market = Market({"ann": Agreement()})
    market.exchange.list(Option("C", underlying="OIL", strike=100, expiry=DAY))
    market.fund("ann", 1_000_00)
    assert reason(market.exchange.submit("ann", Sell("C", 1, 5))) == "NO_MARK"
    assert reason(market.exchange.submit("ann", Buy("C", 1, 5))) == "accepted"


def test_what_is_delivered_and_not_lent_is_sold_only_by_who_holds_it():
    market = Market({"ann": Agreement()})
    market.exchange.list(Warrant("W", underlying="ACME", issuer="mm", strike=90_00, expiry=DAY))
    market.fund("ann", 100_000_00)
    market.exchange.ledger.deposit("ann", "W", 2)
    assert reason(market.exchange.submit("ann", Sell("W", 2, 10_00))) == "accepted"
    answer = market.exchange.submit("ann", Sell("W", 3, 10_00))
    assert reason(answer) == "CANNOT_BE_SHORT"
    assert explain(answer.reason, answer.numbers) == "3 of W would be sold, 0 are available"


def test_closing_gives_away_no_more_than_the_margin_it_frees():
    market = Market({"ann": Agreement()})
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    # At 50.00 the half that is freed is given away, and the broker still gets back what it lent.
    assert reason(market.exchange.submit("ann", Sell("ACME", 100, 49_99))) == "INITIAL_MARGIN"
    assert reason(market.sell("ann", 100, 50_00)) == "accepted"
    market.later()
    assert (market.cash("ann"), market.loan("ann")) == (0, 0)
    check_promises(market)
