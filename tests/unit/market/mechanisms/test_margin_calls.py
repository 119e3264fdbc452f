"""Margin calls: asked, given time, met in three ways or liquidated."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Sell
from market_sim.core.models.mechanism_events import LiquidationEnded, LiquidationStarted, MarginCalled, MarginCallMet
from market_sim.market.mechanisms.margin_status import Agreement
from tests.unit.market.mechanisms.brokerage import BTC, DAY, Market, check_promises


def called(**terms) -> Market:
    """Ann bought 100 at 100 with 5,000 of her own, and the price is 65: 1,500 of equity, 1,625 required."""
    market = Market({"ann": Agreement()}, grace=2 * DAY, interest_bps=0, **terms)
    market.fund("ann", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.later(65_00)
    return market


def test_a_call_names_the_difference_and_the_deadline():
    market = called()
    call = market.events(MarginCalled)
    assert [(each.equity, each.requirement, each.amount) for each in call] == [(1_500_00, 1_625_00, 125_00)]
    assert call[0].due == market.clock.now + 2 * DAY
    market.later()
    assert len(market.events(MarginCalled)) == 1
    assert market.events(LiquidationStarted) == []


def test_a_price_that_comes_back_meets_the_call():
    market = called()
    market.later(70_00)
    assert [event.paid for event in market.events(MarginCallMet)] == [0]
    market.later(65_00)
    assert len(market.events(MarginCalled)) == 2


def test_selling_meets_the_call():
    market = called()
    market.bid(65_00, 1_000)
    assert market.exchange.submit("ann", Sell("ACME", 20, 65_00)).status == "filled"
    market.later()
    assert len(market.events(MarginCallMet)) == 1
    check_promises(market)


def test_whoever_stands_behind_the_account_pays_at_the_deadline():
    market = called(backers={"ann": "mm2"})
    market.fund("mm2", 200_00)
    market.later(by=2 * DAY)
    assert [event.paid for event in market.events(MarginCallMet)] == [125_00]
    assert market.cash("mm2") == 75_00
    assert market.events(LiquidationStarted) == []
    check_promises(market)


def test_a_call_that_nobody_meets_ends_in_a_liquidation():
    market = called(backers={"ann": "mm2"})
    market.fund("mm2", 124_99)
    market.bid(64_00, 1_000)
    market.later(by=2 * DAY)
    assert [event.outcome for event in market.events(LiquidationEnded)] == ["restored"]
    assert market.cash("mm2") == 124_99
    check_promises(market)


def test_who_has_less_than_nothing_is_not_waited_for():
    market = called()
    market.bid(45_00, 1_000)
    market.later(49_00)
    assert market.events(LiquidationStarted)
    check_promises(market)


def test_those_who_stand_behind_an_account_exist():
    with pytest.raises(InputError, match="cannot back"):
        Market({"ann": Agreement()}, backers={"ann": "nobody"})


def leveraged(**terms) -> Market:
    """Leo holds 100 perpetuals of 100.00 at ten times leverage; at 90.10 they have lost 990.00 of his 1,000.00."""
    market = Market({"leo": Agreement(BTC)}, grace=DAY, backers={"leo": "mm2"}, **terms)
    market.fund("leo", 1_000_00)
    market.buy("leo", 100, 100_00, "PERP")
    market.later(90_10)
    return market


def test_a_call_on_contracts_asks_up_to_the_initial_margin():
    market = leveraged()
    # Maintenance is 0.5 % of 9,010.00, the initial margin 10 %: 901.00 are needed, and 10.00 are there.
    call = market.events(MarginCalled)[0]
    assert (call.equity, call.requirement, call.amount) == (10_00, 45_05, 891_00)
    market.fund("mm2", 891_00)
    market.later(by=DAY)
    assert [event.paid for event in market.events(MarginCallMet)] == [891_00]
    assert market.cash("mm2") == 0
    market.later(89_00)
    assert len(market.events(MarginCalled)) == 1
    check_promises(market)


def test_a_cent_less_than_the_initial_margin_does_not_meet_a_call_on_contracts():
    market = leveraged()
    market.fund("mm2", 890_99)
    market.later(by=DAY)
    assert market.events(MarginCallMet) == []
    assert market.events(LiquidationStarted)


def test_shares_beside_contracts_are_asked_for_at_maintenance_only():
    market = Market({"leo": Agreement(BTC)}, grace=DAY, interest_bps=0)
    market.fund("leo", 6_000_00)
    market.buy("leo", 100, 100_00)
    market.buy("leo", 90, 100_00, "PERP")
    market.later(78_00)
    call = market.events(MarginCalled)[0]
    assert call.equity == 6_000_00 - 190 * 22_00
    assert call.requirement == 100 * 78_00 // 4 + 90 * 78_00 // 200
    assert call.amount == 100 * 78_00 // 4 + 90 * 78_00 // 10 - call.equity


def test_who_has_just_nothing_left_is_still_waited_for():
    market = called()
    market.bid(45_00, 1_000)
    market.later(50_00)
    assert market.margin.calculator.equity("ann") == 0
    assert market.events(LiquidationStarted) == []
