"""Corporate actions: a split leaves everybody as rich as before, options too; a dividend goes to whom it belongs."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderCancelled
from market_sim.core.models.mechanism_events import CorporateActionTaken, LossShared, TermsAdjusted
from market_sim.market.mechanisms.clearing_house import PLEDGES
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.options import OptionsClearing
from tests.unit.market.mechanisms.stage import Stage

EXPIRY = 1_000


def stage(*actions: tuple[int, str, int], strike: int = 9_000, company: int = 10_000) -> Stage:
    terms = {"underlying": "ACME", "strike": strike, "expiry": EXPIRY, "delivery": "physical", "multiplier": 10}
    options = [Option("CALL", **terms), Option("PUT", right="put", **terms)]
    accounts = {
        "company": {"ACME": company, "USD": 10_000_000},
        "holder": {"USD": 10_000_000, "ACME": 100},
        "writer": {"USD": 10_000_000, "ACME": 100},
    }
    scene = Stage(options, accounts)
    scene.options = scene.attach(OptionsClearing(scene.house, scene.prices, scene.randomness))
    scene.actions = scene.attach(CorporateActions(scene.house, "ACME", "company", actions, scene.marks, scene.options))
    scene.trade("holder", "writer", "CALL", 3, 100)
    scene.trade("holder", "writer", "PUT", 2, 100)
    return scene


def test_a_split_multiplies_shares_pledges_and_what_an_option_delivers():
    scene = stage((10, "split", 3))
    scene.value.price = 10_002
    scene.at(10, scene.actions)
    assert scene.value.price == 3_334
    assert (scene.has("holder", "ACME"), scene.has("writer", "ACME")) == (300, 210)
    assert scene.has(PLEDGES, "ACME") == 90
    assert (scene.has("holder", "CALL"), scene.has("writer", "CALL")) == (3, -3)
    for symbol in ("CALL", "PUT"):
        terms = scene.options.terms[symbol]
        assert (terms.delivers, terms.costs, terms.unit.per_share(terms.strike)) == (30, 90_000, 3_000)
    assert scene.has(PLEDGES) == 2 * 9_000 * 10
    assert scene.told(CorporateActionTaken)[0].entitled == 200
    scene.at(EXPIRY, scene.options)
    assert scene.has("holder", "ACME") == 300 + 90
    assert scene.has(PLEDGES, "ACME") == scene.has(PLEDGES) == 0
    assert scene.sound()


def test_open_orders_on_the_share_end_and_those_on_its_options_stand():
    scene = stage((10, "split", 2))
    scene.exchange.submit("holder", Buy("ACME", 1, 9_000))
    scene.exchange.submit("writer", Sell("CALL", 1, 9_000))
    scene.at(10, scene.actions)
    assert [event.reason for event in scene.told(OrderCancelled)] == ["TERMS_CHANGED"]
    assert [order.symbol for order in scene.exchange.orders.values()] == ["CALL"]
    assert scene.has(PLEDGES, "ACME") == 80  # three contracts and the one that is offered, of 20 shares each


def test_a_dividend_on_pledged_shares_goes_to_whoever_pledged_them():
    scene = stage((10, "dividend", 50))
    before = scene.has("writer")
    scene.at(10, scene.actions)
    assert scene.has("writer") == before + 50 * 100  # 70 in the account and 30 that are pledged
    assert scene.has("company") == 10_000_000 - 50 * 200
    assert scene.options.terms["CALL"].costs == 9_000 * 10
    assert scene.sound()


def test_a_special_dividend_lowers_the_strikes_and_the_pledges_of_puts():
    scene = stage((10, "special dividend", 400))
    scene.at(10, scene.actions)
    assert scene.options.terms["PUT"].costs == 8_600 * 10
    assert scene.has(PLEDGES) == 2 * 8_600 * 10
    assert {(e.symbol, e.shares, e.parts, e.cash) for e in scene.told(TermsAdjusted)} == {
        ("CALL", 1, 1, 400),
        ("PUT", 1, 1, 400),
    }
    assert scene.sound()


def test_who_lends_shares_is_told_what_the_dividend_was():
    scene, told = stage((10, "dividend", 50)), []
    scene.actions.manufactured.append(lambda symbol, amount: told.append((symbol, amount)))
    scene.at(10, scene.actions)
    assert told == [("ACME", 50)]


def test_a_company_that_cannot_pay_its_dividend_pays_what_it_can():
    scene = stage((10, "dividend", 60_000))
    scene.at(10, scene.actions)
    assert scene.has("company") == 0
    assert scene.told(LossShared) != []
    assert scene.sound()


def test_each_action_is_carried_out_once():
    scene = stage((10, "split", 2), (10, "dividend", 1), (30, "dividend", 1))
    assert list(scene.actions.times()) == [10, 10, 30]
    scene.at(10, scene.actions)
    scene.at(10, scene.actions)
    assert [event.action for event in scene.told(CorporateActionTaken)] == ["dividend", "split"]
    assert list(scene.actions.times()) == [30]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ((10, "split", 0), "amount must be a positive whole number"),
        ((10, "reverse split", 3), "CALL: a reverse split of 3 leaves no whole number of shares and cents for the 10"),
        ((10, "stock dividend", 700), "CALL: a stock dividend of 700 leaves no whole number"),
        ((10, "special dividend", 9_000), "CALL: a special dividend of 9000 leaves nothing of its strike of 9000"),
        ((10, "merger", 2), "splits its shares or pays a dividend, found 'merger'"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_at_once(action, said):
    with pytest.raises(InputError, match=said):
        stage(action)


def test_a_company_without_enough_authorised_shares_cannot_split():
    scene = stage((10, "split", 3), company=399)
    with pytest.raises(InputError, match="needs 400 new shares, company has 399"):
        scene.at(10, scene.actions)


def test_corporate_actions_need_a_listed_share():
    scene = Stage([], {"company": {}})
    with pytest.raises(InputError, match="need a listed share"):
        scene.attach(CorporateActions(scene.house, "ACNE", "company", [CorporateAction(1, "split", 2)], scene.marks))
