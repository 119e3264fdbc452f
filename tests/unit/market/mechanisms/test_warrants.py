"""Warrants: the company gets the strike and makes new shares; what nobody exercises lapses."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Warrant
from market_sim.core.models.intents import Buy, Exercise, Sell
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.mechanism_events import Lapsed, SharesIssued
from market_sim.core.models.reasons import explain
from market_sim.market.mechanisms.warrants import Warrants, outstanding
from market_sim.pricing.warrants import WarrantIssue, price_after_exercise
from tests.unit.market.mechanisms.stage import Stage


def stage(ratio: int = 2, treasury: int = 100, cash: int = 1_000_000) -> Stage:
    warrant = Warrant("W", underlying="ACME", issuer="company", strike=6_000, expiry=1_000, ratio=ratio)
    accounts = {
        "company": {"ACME": treasury, "W": 5},
        "holder": {"USD": cash, "W": 30},
        "public": {"ACME": 400, "USD": 1_000_000},
    }
    scene = Stage([warrant], accounts)
    scene.warrants = scene.attach(Warrants(scene.house, scene.marks))
    return scene


def test_new_shares_for_the_strike_and_the_old_part_shrinks():
    scene = stage()
    assert scene.refusal("holder", Exercise("W", 10)) == ""
    assert scene.has("company") == 20 * 6_000
    assert (scene.has("holder", "ACME"), scene.has("holder", "W")) == (20, 20)
    assert outstanding(scene.exchange, "ACME", "company") == 420
    [told] = scene.told(SharesIssued)
    assert (told.shares, told.cash, told.outstanding_before, told.outstanding) == (20, 120_000, 400, 420)
    assert price_after_exercise(400 * 10_000, 6_000, WarrantIssue(400, 10, 2.0)) == pytest.approx(
        (400 * 10_000 + told.cash) / told.outstanding
    )
    assert scene.sound()


@pytest.mark.parametrize(
    ("setting", "quantity", "code"),
    [
        ({}, 31, "NOT_HELD"),
        ({}, -1, "BAD_QUANTITY"),
        ({"now": 1_000}, 1, "EXPIRED_INSTRUMENT"),
        ({"spot": 6_000}, 1, "OUT_OF_THE_MONEY"),
        ({"spot": 6_001}, 1, ""),
        ({"cash": 11_999}, 1, "CANNOT_PAY"),
        ({"cash": 12_000}, 1, ""),
        ({"treasury": 19}, 10, "TREASURY_EMPTY"),
        ({"treasury": 20}, 10, ""),
    ],
)
def test_what_cannot_be_exercised_is_refused_by_name(setting, quantity, code):
    scene = stage(treasury=setting.get("treasury", 100), cash=setting.get("cash", 1_000_000))
    scene.value.price = setting.get("spot", 10_000)
    scene.clock.now = setting.get("now", 0)
    assert scene.refusal("holder", Exercise("W", quantity)) == code
    for event in scene.told(OrderRejected):
        assert explain(event.reason, event.numbers)
    assert scene.sound()


def test_the_company_does_not_exercise_its_own_and_nobody_anothers():
    scene = stage()
    assert scene.refusal("company", Exercise("W", 1)) == "NOT_HELD"
    assert scene.refusal("public", Exercise("W", 1)) == "NOT_HELD"
    scene.exchange.submit("holder", Sell("W", 30, 4_000))
    assert scene.refusal("holder", Exercise("W", 1)) == "NOT_HELD"


def test_without_a_price_nothing_is_exercised():
    scene = stage()
    scene.marks.values = {}
    assert scene.refusal("holder", Exercise("W", 1)) == "NO_PRICE_YET"


def test_what_nobody_exercised_lapses_even_in_the_money():
    scene = stage()
    scene.exchange.submit("public", Buy("W", 1, 10))
    scene.at(1_000, scene.warrants)
    assert [(event.account, event.quantity) for event in scene.told(Lapsed)] == [("holder", 30)]
    assert scene.has("company", "W") == 35
    assert scene.has("holder") == 1_000_000
    assert scene.refusal("public", Buy("W", 1, 10)) == "CLOSED"
    assert scene.sound()


def test_a_ratio_of_zero_is_refused_by_the_type_and_a_missing_company_by_the_mechanism():
    with pytest.raises(InputError, match="ratio must be a positive whole number, found 0"):
        stage(ratio=0)
    scene = Stage([Warrant("W", underlying="ACME", issuer="nobody", strike=1, expiry=1)], {})
    with pytest.raises(InputError, match="there is no such account"):
        scene.attach(Warrants(scene.house, scene.marks))
