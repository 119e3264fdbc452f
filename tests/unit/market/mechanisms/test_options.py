"""Options: who may write, exercise and is assigned, and what moves then, to the cent."""

from __future__ import annotations

import pytest

from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import Amend, Buy, Cancel, Exercise, Sell
from market_sim.core.models.market_events import OrderCancelled
from market_sim.core.models.mechanism_events import Assigned, Exercised, InstrumentExpired, Lapsed, SettlementPriceSet
from market_sim.core.models.reasons import explain
from market_sim.market.mechanisms.clearing_house import PLEDGES
from market_sim.market.mechanisms.options import OptionsClearing
from tests.unit.market.mechanisms.stage import Stage

EXPIRY = 1_000


def option(right="call", strike=9_500, **terms) -> Option:
    terms = {"expiry": EXPIRY, "style": "american", "delivery": "physical", "multiplier": 10} | terms
    return Option(right.upper(), underlying="ACME", right=right, strike=strike, **terms)


def stage(*options: Option, writers: int = 1) -> Stage:
    accounts = {"holder": {"USD": 1_000_000, "ACME": 100}}
    accounts |= {f"writer-{n}": {"USD": 1_000_000, "ACME": 100} for n in range(writers)}
    scene = Stage(options, accounts)
    scene.options = scene.attach(OptionsClearing(scene.house, scene.prices, scene.randomness))
    return scene


# Writing


def test_a_written_call_pledges_the_shares_and_a_written_put_the_strike():
    scene = stage(option(), option("put"))
    scene.exchange.submit("writer-0", Sell("CALL", 3, 600))
    scene.exchange.submit("writer-0", Sell("PUT", 2, 50))
    assert (scene.has("writer-0", "ACME"), scene.has(PLEDGES, "ACME")) == (70, 30)
    assert scene.has(PLEDGES) == 2 * 9_500 * 10
    assert scene.sound()


def test_a_pledge_returns_with_the_order_and_with_the_position():
    scene = stage(option())
    order = scene.exchange.submit("writer-0", Sell("CALL", 3, 600))
    scene.exchange.submit("writer-0", Cancel(order.id))
    assert scene.has("writer-0", "ACME") == 100
    scene.trade("holder", "writer-0", "CALL", 3, 600)
    assert scene.has("writer-0", "CALL") == -3
    scene.trade("writer-0", "holder", "CALL", 2, 550)
    assert scene.has(PLEDGES, "ACME") == 10
    assert scene.sound()


def test_only_what_is_written_is_pledged_for_not_what_is_sold_again():
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 2, 600)
    scene.exchange.submit("holder", Sell("CALL", 5, 700))  # two are held, three would be written
    assert scene.exchange.accounts["holder"].balance("ACME").total == 70


def test_an_amended_order_pledges_for_its_new_quantity():
    scene = stage(option())
    order = scene.exchange.submit("writer-0", Sell("CALL", 3, 600))
    scene.exchange.submit("writer-0", Amend(order.id, quantity=5))
    assert scene.has(PLEDGES, "ACME") == 50
    scene.exchange.submit("writer-0", Amend(order.id, quantity=1))
    assert scene.has(PLEDGES, "ACME") == 10
    assert scene.refusal("writer-0", Amend(order.id, quantity=11)) == "UNCOVERED"
    assert scene.has(PLEDGES, "ACME") == 10


def test_the_last_of_the_cover_can_be_used():
    scene = stage(option(), writers=2)
    scene.exchange.ledger.deposit("writer-1", "USD", 1_000_000)
    scene.trade("holder", "writer-0", "CALL", 2, 600)
    order = scene.exchange.submit("writer-0", Sell("CALL", 5, 600))
    assert scene.refusal("writer-0", Amend(order.id, quantity=8)) == ""
    assert scene.has(PLEDGES, "ACME") == 100
    scene.trade("writer-1", "holder", "ACME", 100, 10_000)
    assert scene.refusal("holder", Sell("CALL", 2, 700)) == ""  # it has no share left, and writes nothing
    assert scene.sound()


def test_writing_without_cover_is_refused_by_name():
    scene = stage(option(), option("put"))
    assert scene.refusal("writer-0", Sell("CALL", 11, 600)) == "UNCOVERED"
    assert scene.refusal("writer-0", Sell("PUT", 11, 60)) == "UNCOVERED"
    assert scene.has(PLEDGES) == scene.has(PLEDGES, "ACME") == 0
    cash = stage(option(delivery="cash"))
    assert cash.refusal("writer-0", Sell("CALL", 1, 600)) == "NO_COVER_EXISTS"


def test_an_order_refused_after_its_pledge_gives_the_pledge_back():
    scene = stage(option())
    scene.exchange.submit("holder", Buy("CALL", 1, 600))
    assert scene.refusal("writer-0", Sell("CALL", 1, 600, post_only="reject")) == "POST_ONLY_WOULD_TAKE"
    assert scene.has(PLEDGES, "ACME") == 0
    assert scene.sound()


# Exercising


def test_a_call_is_exercised_for_its_strike_and_delivers_shares_in_one_step():
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 3, 600)
    assert scene.refusal("holder", Exercise("CALL", 2)) == ""
    assert scene.has("holder", "ACME") == 120
    assert scene.has("holder") == 1_000_000 - 3 * 600 * 10 - 20 * 9_500
    assert (scene.has("holder", "CALL"), scene.has("writer-0", "CALL")) == (1, -1)
    assert scene.has(PLEDGES, "ACME") == 10
    assert scene.told(Exercised)[0].by == "choice"
    assert scene.sound()


def test_a_put_is_exercised_by_handing_over_shares_for_the_strike():
    scene = stage(option("put", strike=11_000))
    scene.trade("holder", "writer-0", "PUT", 1, 1_000)
    scene.exchange.submit("holder", Exercise("PUT", 1))
    assert scene.has("holder", "ACME") == 90
    assert scene.has("writer-0", "ACME") == 110
    assert scene.has(PLEDGES) == 0
    assert scene.sound()


def test_settled_in_cash_the_writer_pays_the_difference():
    scene = stage(option("put", strike=11_000, delivery="cash"))
    scene.trade("holder", "writer-0", "PUT", 1, 900)
    scene.exchange.submit("holder", Exercise("PUT", 1))
    assert scene.moved("EXERCISED")[0] == ("writer-0", "holder", "USD", 10_000)
    assert scene.has("holder", "ACME") == 100


@pytest.mark.parametrize(
    ("terms", "quantity", "setting", "code"),
    [
        ({}, 4, {}, "NOT_HELD"),
        ({}, 0, {}, "BAD_QUANTITY"),
        ({}, True, {}, "BAD_QUANTITY"),
        ({}, 1, {"now": EXPIRY}, "EXPIRED_INSTRUMENT"),
        ({"style": "european"}, 1, {}, "EUROPEAN_STYLE"),
        ({"strike": 10_000}, 1, {}, "OUT_OF_THE_MONEY"),
        ({"strike": 9_999}, 1, {}, ""),
        ({}, 3, {"spend": 900_000}, "CANNOT_PAY"),
    ],
)
def test_what_cannot_be_exercised_is_refused_by_name(terms, quantity, setting, code):
    scene = stage(option(**terms))
    scene.trade("holder", "writer-0", "CALL", 3, 100)
    if "spend" in setting:
        scene.exchange.submit("holder", Buy("ACME", setting["spend"] // 10_000, 10_000))
    scene.clock.now = setting.get("now", 0)
    assert scene.refusal("holder", Exercise("CALL", quantity)) == code
    assert scene.sound()


@pytest.mark.parametrize(
    ("style", "now", "said"),
    [
        ("american", 2_500_000_000, "CALL expired at 2 s, it is 2.5 s"),
        ("european", 1_250_000_000, "CALL can be exercised at 2 s, it is 1.25 s"),
    ],
)
def test_the_time_of_an_exercise_is_told_in_seconds(style, now, said):
    scene = stage(option(style=style, expiry=2_000_000_000))
    scene.trade("holder", "writer-0", "CALL", 1, 100)
    scene.clock.now = now
    refused = scene.exchange.submit("holder", Exercise("CALL", 1))
    assert explain(refused.reason, refused.numbers) == said


def test_nobody_exercises_anothers_position_or_the_duty_of_a_writer():
    scene = stage(option(), writers=2)
    scene.trade("holder", "writer-0", "CALL", 1, 100)
    assert scene.refusal("writer-1", Exercise("CALL", 1)) == "NOT_HELD"
    assert scene.refusal("writer-0", Exercise("CALL", 1)) == "NOT_HELD"
    assert scene.refusal("holder", Exercise("ACME", 1)) == "NOT_EXERCISABLE"
    assert scene.refusal("holder", Exercise(["CALL"], 1)) == "NOT_EXERCISABLE"


def test_what_is_offered_for_sale_is_not_exercised():
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 2, 100)
    scene.exchange.submit("holder", Sell("CALL", 1, 900))
    assert scene.refusal("holder", Exercise("CALL", 2)) == "NOT_HELD"
    assert scene.refusal("holder", Exercise("CALL", 1)) == ""


def test_a_put_cannot_be_exercised_without_the_shares():
    scene = stage(option("put", strike=11_000))
    scene.trade("holder", "writer-0", "PUT", 1, 100)
    scene.exchange.submit("holder", Sell("ACME", 95, 12_000))
    assert scene.refusal("holder", Exercise("PUT", 1)) == "CANNOT_DELIVER"


def test_without_a_price_of_the_underlying_nothing_is_exercised_and_everything_lapses():
    scene = stage(option())
    scene.marks.values = {}
    scene.trade("holder", "writer-0", "CALL", 1, 100)
    assert scene.refusal("holder", Exercise("CALL", 1)) == "NO_PRICE_YET"
    scene.at(EXPIRY, scene.options)
    assert scene.told(Lapsed)[0].reason == "no price"
    assert scene.sound()


# Assignment


def test_writers_are_drawn_by_seed_and_every_contract_has_the_same_chance():
    def drawn(seed: int) -> dict[str, int]:
        scene = stage(option(), writers=2)
        scene.randomness.seed = seed
        scene.trade("holder", "writer-0", "CALL", 9, 100)
        scene.trade("holder", "writer-1", "CALL", 3, 100)
        scene.exchange.submit("holder", Exercise("CALL", 4))
        assert scene.sound()
        return {event.account: event.quantity for event in scene.told(Assigned)}

    counts = [drawn(seed) for seed in range(60)]
    assert drawn(1) == counts[1]
    assert all(sum(count.values()) == 4 for count in counts)
    assert len({tuple(count.items()) for count in counts}) > 2
    of_the_larger = sum(count.get("writer-0", 0) for count in counts) / 240
    assert of_the_larger == pytest.approx(0.75, abs=0.08)


# Expiry


@pytest.mark.parametrize(("spot", "exercised"), [(9_501, 3), (9_500, 0), (9_499, 0)])
def test_one_cent_in_the_money_is_exercised_by_exception(spot, exercised):
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 3, 100)
    scene.value.price = spot
    scene.at(EXPIRY, scene.options)
    assert sum(event.quantity for event in scene.told(Exercised)) == exercised
    assert sum(event.quantity for event in scene.told(Lapsed)) == 3 - exercised
    assert scene.has("holder", "CALL") == scene.has("writer-0", "CALL") == 0
    assert scene.has(PLEDGES, "ACME") == 0
    assert scene.told(InstrumentExpired)[0].open_interest == 3
    assert scene.sound()


def test_at_the_expiry_orders_end_and_trading_too():
    scene = stage(option())
    scene.exchange.submit("holder", Buy("CALL", 1, 100))
    scene.at(EXPIRY, scene.options)
    assert [event.reason for event in scene.told(OrderCancelled)] == ["INSTRUMENT_ENDED"]
    assert scene.refusal("holder", Buy("CALL", 1, 100)) == "CLOSED"
    assert scene.refusal("holder", Exercise("CALL", 1)) == "EXPIRED_INSTRUMENT"
    assert scene.exchange.accounts["holder"].balance("USD").reserved == 0


def test_what_a_holder_cannot_pay_for_lapses():
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 5, 100)
    scene.exchange.ledger.transfer("holder", "fees", "USD", scene.has("holder") - 2 * 95_000, "SPENT", "ACME")
    scene.at(EXPIRY, scene.options)
    assert [event.quantity for event in scene.told(Exercised)] == [2]
    assert [(event.quantity, event.reason) for event in scene.told(Lapsed)] == [(3, "cannot pay or deliver")]
    assert scene.sound()


def test_a_holder_whose_cash_is_promised_to_orders_pays_the_strike_and_loses_the_orders():
    scene = stage(option())
    scene.trade("holder", "writer-0", "CALL", 5, 100)
    scene.exchange.submit("holder", Buy("ACME", 90, 10_000))
    scene.at(EXPIRY, scene.options)
    assert [event.quantity for event in scene.told(Exercised)] == [5]
    assert "FUNDS_NEEDED" in [event.reason for event in scene.told(OrderCancelled)]
    assert scene.sound()


def test_a_writer_on_margin_that_cannot_deliver_pays_the_difference():
    scene = stage(option(), writers=2)
    scene.exchange.ledger.grant_margin("writer-0")
    scene.trade("writer-1", "writer-0", "ACME", 95, 10_000)
    scene.trade("holder", "writer-0", "CALL", 2, 100)
    scene.at(EXPIRY, scene.options)
    assert [(event.account, event.delivered) for event in scene.told(Assigned)] == [("writer-0", False)]
    assert scene.moved("EXERCISED")[0] == ("writer-0", "holder", "USD", 500 * 20)
    assert scene.sound()


def test_options_and_futures_that_end_together_end_at_one_price():
    scene = stage(option(), option("put"))
    scene.trade("holder", "writer-0", "ACME", 1, 9_990)
    scene.clock.now = 1
    scene.trade("holder", "writer-0", "ACME", 2, 10_000)
    scene.at(EXPIRY, scene.options)
    assert [(event.price, event.rule, event.trades) for event in scene.told(SettlementPriceSet)] == [(9_995, "mean", 2)]
    assert {event.price for event in scene.told(InstrumentExpired)} == {9_995}
