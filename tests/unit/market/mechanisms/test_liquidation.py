"""Liquidation: L3, L4, L5, L8, L9 and L10, through a real book."""

from __future__ import annotations

import pytest

from market_sim.core.models.intents import Buy, CancelAll, Sell
from market_sim.core.models.market_events import OrderCancelled, Trade
from market_sim.core.models.mechanism_events import (
    DeficitCovered,
    LiquidationEnded,
    LiquidationStarted,
    LossShared,
    MarksTaken,
    PositionReduced,
    PositionSold,
)
from market_sim.market.mechanisms.deleveraging import score, shares_of
from market_sim.market.mechanisms.liquidation import MOST_ROUNDS
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.pricing.perpetual import Leverage
from tests.unit.market.mechanisms.brokerage import BTC, Market, check_promises

ISOLATED = Agreement(BTC, isolated=("PERP",))


def leveraged(*names: str, quantity: int = 100, **terms) -> Market:
    """Customers with 1,000 dollars each, long ten times as much of the perpetual at 100."""
    market = Market({name: Agreement(BTC) for name in names}, **{"liquidation_fee_bps": 0, **terms})
    for name in names:
        market.fund(name, 1_000_00)
        assert market.buy(name, quantity, 100_00, "PERP").status == "filled"
    return market


def stand(market: Market, name: str):
    return market.margin.calculator.status(name)


def test_a_healthy_account_is_never_touched():
    market = leveraged("leo", "lea")
    market.fund("lea", 1_00)
    # 9,045.23 is where equity and maintenance are equal: 1,000 - 100 x 95.4774 = 0.5 % of the notional.
    market.later(90_45)
    assert {event.account for event in market.events(LiquidationStarted)} == {"leo"}
    market = leveraged("leo")
    market.later(90_46)
    assert market.events(MarksTaken) == []
    check_promises(market)


def test_reaching_the_requirement_exactly_is_enough():
    market = leveraged("leo")
    market.fund("leo", 22)
    market.later(90_45)  # equity 45.00 + 0.22, requirement 45.225 rounded up
    assert stand(market, "leo").equity == 45_22
    assert stand(market, "leo").requirement == 45_23
    assert market.events(LiquidationStarted)
    market = leveraged("leo")
    market.fund("leo", 23)
    market.later(90_45)
    assert market.events(LiquidationStarted) == []


def test_the_account_is_restored_and_no_more_is_sold_than_that_takes():
    market = leveraged("leo")
    market.bid(90_40, 1_000, "PERP")
    market.later(90_40)
    ended = market.events(LiquidationEnded)[-1]
    assert ended.outcome == "restored"
    assert ended.equity >= ended.requirement
    slices = market.events(PositionSold)
    assert all(each.equity < each.requirement for each in slices[:-1])
    assert market.held("leo", "PERP") > 0
    check_promises(market)


def test_open_orders_go_first_and_may_be_all_that_is_needed():
    market = Market({"ann": Agreement()}, liquidation_fee_bps=0)
    market.fund("ann", 5_000_00)
    market.buy("ann", 60, 100_00)
    waiting = market.exchange.submit("ann", Buy("ACME", 30, 99_00))
    market.bid(60_00, 1_000)
    market.later(20_00)
    cancelled = [event for event in market.events(OrderCancelled) if event.order == waiting.id]
    assert [event.reason for event in cancelled] == ["LIQUIDATED"]
    numbers = [type(event) for event in market.journal]
    assert numbers.index(OrderCancelled) < numbers.index(PositionSold)


def test_exposure_never_grows_and_never_turns():
    market = leveraged("leo", "lea")
    market.sell("lea", 130, 100_00, "PERP")
    market.bid(91_00, 7, "PERP")
    market.bid(50_00, 10_000, "PERP")
    market.offer(105_00, 9, "PERP")
    for price in (90_30, 60_00, 140_00, 200_00):
        market.later(price)
        check_promises(market)
    held = {"leo": 100, "lea": -30}
    for event in market.journal.since(list(market.journal).index(market.events(MarksTaken)[0])):
        if isinstance(event, Trade) and event.taker in held:
            change, name = event.side * event.quantity, event.taker
        elif isinstance(event, PositionReduced):
            change, name = event.change, event.account
        else:
            continue
        assert abs(held[name] + change) == abs(held[name]) - abs(change)
        held[name] += change
    assert held["leo"] == market.held("leo", "PERP") == 0


def test_a_deficit_is_covered_to_the_cent_by_fund_winners_and_all():
    market = leveraged("leo", insurance=100_01)
    market.sell("leo", 1, 100_00, "PERP")
    market.later(80_00)  # 99 x 20 = 1,980 lost, 1,000 there; nobody buys
    covered = {event.payer: event.amount for event in market.events(DeficitCovered)}
    assert covered == {"insurance": 100_01, "mm": 879_99}
    assert sum(covered.values()) == 980_00
    assert [(event.change, event.price, event.rank) for event in market.events(PositionReduced)] == [(-99, 80_00, 1)]
    assert stand(market, "leo").equity == market.cash("leo") == 0
    assert (market.held("leo", "PERP"), market.held("mm", "PERP")) == (0, 0)
    check_promises(market)


def test_the_fund_alone_covers_what_it_can():
    market = leveraged("leo", insurance=5_000_00)
    market.later(80_00)
    assert {event.payer for event in market.events(DeficitCovered)} == {"insurance"}
    assert market.events(PositionReduced) == []
    assert market.events(LiquidationEnded)[-1].outcome == "waiting"  # with nothing, and nobody to sell to
    check_promises(market)


def test_what_was_sold_too_low_is_shared_by_all_who_hold_the_contract():
    market = leveraged("leo")
    market.fund("mm2", 1_000_000_00)
    market.bid(100_00, 10, "PERP")
    market.bid(75_00, 10_000, "PERP")
    market.later(80_00)
    shared = market.events(LossShared)
    covered = sum(event.amount for event in market.events(DeficitCovered))
    assert market.events(PositionReduced) == []
    assert shared
    assert covered == sum(event.amount for event in shared)
    sold = sum(event.cash for event in market.events(PositionSold))
    assert covered == 10_000_00 - sold - 1_000_00
    assert stand(market, "leo").equity == 0
    check_promises(market)


def test_what_was_lent_and_lost_is_the_brokers_loss():
    market = Market({"ann": Agreement()}, liquidation_fee_bps=0)
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.bid(30_00, 10_000)
    market.later(30_00)
    assert {event.payer: event.amount for event in market.events(DeficitCovered)} == {"broker": 2_000_00}
    assert (market.loan("ann"), stand(market, "ann").equity) == (0, 0)
    assert market.cash("broker") == 1_000_000_00 - 2_000_00
    check_promises(market)


def test_shorts_are_bought_back_and_the_shares_returned():
    market = Market({"sid": Agreement()})
    market.fund("sid", 5_000_00)
    market.sell("sid", 100, 100_00)
    market.offer(120_00, 10_000)
    market.later(120_00)
    assert market.events(LiquidationEnded)[-1].outcome == "restored"
    assert 0 < market.owed("sid") < 100
    assert market.held("lender") == 1_000 - market.owed("sid")
    assert market.cash("insurance") == sum(event.fee for event in market.events(PositionSold)) > 0
    check_promises(market)


def test_the_fee_counts_before_the_account_is_called_healthy():
    market = leveraged("leo", liquidation_fee_bps=100)
    market.bid(90_40, 10_000, "PERP")
    market.later(90_40)
    ended = market.events(LiquidationEnded)[-1]
    assert ended.equity == stand(market, "leo").equity >= ended.requirement
    for each in market.events(PositionSold):
        assert each.fee == -(-each.cash // 100) or each.equity <= 0
    check_promises(market)


def test_one_round_uses_one_snapshot_and_its_trades_bring_the_next_round():
    market = Market({"leo": Agreement(BTC), "lea": Agreement(BTC)}, liquidation_fee_bps=0)
    market.margin.calculator.snapshots._marks.values = {}  # the middle of the book is the mark
    market.bid(99_00, 10, "PERP")
    for name in ("leo", "lea"):
        market.fund(name, 1_000_00)
        market.buy(name, 100, 100_00, "PERP")
    market.fund("lea", 20_00)
    market.exchange.cancel_all("mm", CancelAll())
    market.offer(100_80, 1_000, "PERP")
    market.bid(80_00, 60, "PERP")  # the middle is 90.40
    market.bid(60_00, 1_000, "PERP")
    market.later()
    rounds = market.events(MarksTaken)
    assert [event.round for event in rounds] == list(range(1, len(rounds) + 1))
    assert 2 <= len(rounds) <= MOST_ROUNDS
    assert rounds[0].marks["PERP"] == 90_40 > rounds[1].marks["PERP"]
    first = [event for event in market.events(LiquidationStarted) if event.round == 1]
    assert [event.account for event in first] == ["leo"]
    assert "lea" in {event.account for event in market.events(LiquidationStarted)}
    mark, held = 0, {"leo": 100, "lea": 100}
    for event in market.journal:  # whatever a round trades, its snapshot stays what it was
        if isinstance(event, MarksTaken):
            mark = event.marks["PERP"]
        elif isinstance(event, PositionSold):
            held[event.account] -= event.filled
            assert event.requirement == -(-held[event.account] * mark * 50 // 10_000)
    check_promises(market)


def test_the_worst_account_is_first_and_among_equals_the_lower_number():
    market = leveraged("leo", "lea", "lou")
    market.fund("leo", 10_00)
    market.bid(90_00, 10_000, "PERP")
    market.later(90_00)
    assert [event.account for event in market.events(LiquidationStarted)][:3] == ["lea", "lou", "leo"]


def test_a_cascade_ends_even_if_nobody_ever_trades():
    market = leveraged("leo", "lea", insurance=10**9)
    market.later(50_00)
    assert len(market.events(MarksTaken)) <= MOST_ROUNDS
    market.later(50_00)
    check_promises(market)


def test_an_isolated_contract_is_liquidated_alone_at_its_published_prices():
    liquidation, bankruptcy = Leverage(entry=100_00, leverage=10, maintenance_bps=50).prices(1)
    assert (liquidation, bankruptcy) == (90_46, 90_00)
    for price, breached in ((liquidation, False), (liquidation - 1, True)):
        market = Market({"leo": ISOLATED})
        market.fund("leo", 10_000_00)
        market.buy("leo", 100, 100_00, "PERP")
        market.buy("leo", 10, 100_00)
        market.bid(90_20, 10_000, "PERP")
        market.later(price)
        assert bool(market.events(LiquidationStarted)) == breached
        assert market.held("leo") == 10
        check_promises(market)


@pytest.mark.parametrize("bid", [None, 70_00])
def test_an_isolated_contract_loses_its_collateral_and_nothing_else(bid):
    market = Market({"leo": ISOLATED}, liquidation_fee_bps=0)
    market.fund("leo", 10_000_00)
    market.buy("leo", 100, 100_00, "PERP")
    if bid is not None:
        market.bid(bid, 10_000, "PERP")
    market.later(70_00)
    market.later(70_00)
    assert market.held("leo", "PERP") == 0
    assert stand(market, "leo").equity == 9_000_00
    assert sum(event.amount for event in market.events(DeficitCovered)) == 2_000_00
    check_promises(market)


def test_an_isolated_contract_needs_its_collateral_when_it_is_opened():
    market = Market({"leo": ISOLATED})
    market.fund("leo", 999_99)
    assert market.buy("leo", 100, 100_00, "PERP").reason == "INITIAL_MARGIN"
    market.fund("leo", 1)
    assert market.exchange.submit("leo", Buy("PERP", 100, 100_00)).status == "filled"
    assert market.exchange.submit("leo", Buy("PERP", 1, 100_00)).reason == "INITIAL_MARGIN"


def test_winners_with_the_largest_gain_and_leverage_are_first():
    assert score(50, 100, 150, 75) == 1
    assert score(50, -100, -150, 75) == 1
    assert score(-50, 100, 50, 25) < 0 == score(0, 0, 0, 0)
    market = Market({"leo": Agreement(BTC), "ida": Agreement(BTC), "ian": Agreement(BTC)})
    for name, cash in (("leo", 1_000_00), ("ida", 2_000_00), ("ian", 1_000_00)):
        market.fund(name, cash)
    for name in ("ida", "ian"):
        market.exchange.submit(name, Sell("PERP", 50, 100_00))
    market.exchange.submit("leo", Buy("PERP", 100, 100_00))
    market.later(80_00)
    reduced = market.events(PositionReduced)
    assert [(event.counterparty, event.rank) for event in reduced] == [("ian", 1), ("ida", 2)]
    assert sum(event.given_up for event in reduced) == 1_000_00
    check_promises(market)


def test_a_halted_instrument_waits_and_has_a_fresh_mark_afterwards():
    market = leveraged("leo")
    market.margin.calculator.snapshots._marks.values = {}
    market.offer(100_10, 10, "PERP")
    market.bid(99_90, 10_000, "PERP")
    market.exchange.phases.halt("PERP")
    market.exchange.cancel_all("mm", CancelAll())
    market.later()
    assert market.events(MarksTaken) == []
    market.exchange.phases.resume("PERP")
    market.offer(82_00, 10_000, "PERP")
    market.bid(78_00, 10_000, "PERP")
    market.later()
    assert market.events(MarksTaken)[0].marks["PERP"] == 80_00
    check_promises(market)


def test_parts_add_up():
    assert shares_of(10, [1, 1, 1]) == [4, 3, 3]
    assert shares_of(0, [5, 5]) == [0, 0]
    assert sum(shares_of(999, [7, 11, 13])) == 999
