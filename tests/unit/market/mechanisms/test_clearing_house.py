"""The clearing house: the debtor pays as far as possible, then lenders, then capital, then nobody."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.intents import Buy
from market_sim.core.models.market_events import OrderCancelled
from market_sim.core.models.mechanism_events import DeficitCovered, LossShared
from market_sim.market.mechanisms.clearing_house import CLEARING, ClearingHouse, pairs, positions
from tests.unit.market.mechanisms.stage import Stage


def stage(capital: int = 0) -> Stage:
    return Stage([], {"ann": {"USD": 100, "ACME": 5}, "bob": {"USD": 40}, "rich": {"USD": 500}}, capital)


def test_who_can_pay_pays():
    scene = stage()
    assert scene.house.pay("ann", "bob", "USD", 60, "DEBT", "ACME") == 60
    assert (scene.has("ann"), scene.has("bob")) == (40, 100)


def test_what_orders_hold_back_is_used_before_anybody_else_pays():
    scene = stage(capital=1_000)
    scene.exchange.submit("ann", Buy("ACME", 9, 10))
    assert scene.house.pay("ann", "bob", "USD", 60, "DEBT", "ACME") == 60
    assert [event.reason for event in scene.told(OrderCancelled)] == ["FUNDS_NEEDED"]
    assert scene.told(DeficitCovered) == []
    assert scene.sound()


def test_orders_that_hold_back_something_else_stay():
    scene = stage()
    scene.exchange.submit("bob", Buy("ACME", 1, 10))
    scene.exchange.submit("ann", Buy("ACME", 1, 10))
    assert scene.house.free("ann", "ACME", 5) == 5
    assert len(scene.exchange.accounts["ann"].open) == 1


def test_a_lender_is_asked_before_the_capital():
    scene = stage(capital=1_000)
    asked = []

    def lend(name: str, asset: str, amount: int) -> None:
        asked.append((name, asset, amount))
        scene.exchange.ledger.transfer("rich", name, asset, 30, "LENT", "ACME")

    scene.house.lenders.append(lend)
    assert scene.house.pay("ann", "bob", "USD", 150, "DEBT", "ACME") == 150
    assert asked == [("ann", "USD", 50)]
    assert scene.told(DeficitCovered)[0].amount == 20
    assert (scene.has("ann"), scene.has(CLEARING)) == (0, 980)
    assert scene.sound()


def test_what_nobody_can_pay_the_creditor_loses_and_it_is_told():
    scene = stage(capital=25)
    assert scene.house.pay("ann", "bob", "USD", 150, "DEBT", "ACME") == 125
    assert scene.told(LossShared)[0].amount == 25
    assert scene.has(CLEARING) == 0
    assert scene.sound()


def test_longs_and_shorts_are_matched_in_the_order_of_accounts():
    promise = Perpetual("PERP", underlying="ACME", funding_every=500)
    scene = Stage([promise], {name: {} for name in ("ann", "bob", "cat", "dan")}, capital=0)
    for source, target, amount in (("ann", "bob", 3), ("ann", "dan", 4), ("cat", "dan", 2)):
        scene.exchange.ledger.transfer(source, target, "PERP", amount, "MOVED", "PERP")
    assert positions(scene.exchange, "PERP") == {"ann": -7, "bob": 3, "cat": -2, "dan": 6}
    assert pairs(scene.exchange, "PERP") == [("bob", "ann", 3), ("dan", "ann", 4), ("dan", "cat", 2)]


def test_a_taken_account_name_and_a_negative_capital_are_refused():
    with pytest.raises(InputError, match="capital"):
        ClearingHouse(-1)
    with pytest.raises(InputError, match="needs the account name 'clearing'"):
        Stage([], {CLEARING: {"USD": 5}})
