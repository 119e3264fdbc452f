"""Margin calls: asked, given time, met in three ways or liquidated."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Sell
from market_sim.core.models.mechanism_events import LiquidationEnded, LiquidationStarted, MarginCalled, MarginCallMet
from market_sim.market.mechanisms.standings import Agreement
from tests.unit.market.mechanisms.brokerage import DAY, Market, check_promises


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
    with pytest.raises(InputError, match="stand behind"):
        Market({"ann": Agreement()}, backers={"ann": "nobody"})
