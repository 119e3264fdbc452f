"""Futures: variation margin that adds up to zero, and the end in cash or by delivery."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future
from market_sim.core.models.intents import Buy
from market_sim.core.models.mechanism_events import DeficitCovered, InstrumentExpired, LossShared, MarkedToMarket
from market_sim.market.mechanisms.clearing_house import CLEARING
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.variation_margin import shared
from tests.unit.market.mechanisms.stage import Stage

DAY, EXPIRY = 100, 400
NAMES = ("ann", "bob", "cat")


def stage(delivery="cash", cash=1_000_000, capital=0) -> Stage:
    future = Future("FUT", underlying="ACME", expiry=EXPIRY, multiplier=10, delivery=delivery)
    scene = Stage([future], {name: {"USD": cash, "ACME": 100} for name in NAMES}, capital)
    for name in NAMES:
        scene.exchange.ledger.grant_margin(name)
    scene.prices.window_ns = 10
    scene.futures = scene.attach(Futures(scene.house, scene.prices, every_ns=DAY))
    return scene


def cash(scene: Stage) -> list[int]:
    return [scene.has(name) - 1_000_000 for name in NAMES]


def mark(scene: Stage, time: int, price: int) -> None:
    """Let the future be worth this at the end of a day."""
    scene.exchange.listings["FUT"].last = price
    scene.at(time, scene.futures)


def test_a_trade_moves_no_cash_and_each_day_pays_its_change():
    scene = stage()
    scene.trade("ann", "bob", "FUT", 3, 10_000)
    assert cash(scene) == [0, 0, 0]
    mark(scene, DAY, 10_020)
    assert cash(scene) == [600, -600, 0]
    mark(scene, 2 * DAY, 9_990)
    assert cash(scene) == [-300, 300, 0]
    assert scene.has(CLEARING) == 0
    assert [(event.price, event.previous, event.paid) for event in scene.told(MarkedToMarket)] == [
        (10_020, 0, 600),
        (9_990, 10_020, 900),
    ]
    assert scene.sound()


def test_what_was_traded_during_the_day_pays_from_its_own_price():
    scene = stage()
    scene.trade("ann", "bob", "FUT", 2, 10_000)
    mark(scene, DAY, 10_000)
    scene.trade("cat", "ann", "FUT", 2, 10_050)  # ann is out with a gain of 2 x 50 x 10
    mark(scene, 2 * DAY, 10_100)
    assert cash(scene) == [1_000, -2_000, 1_000]


def test_at_the_expiry_the_underlying_says_the_last_price():
    scene = stage()
    scene.trade("ann", "bob", "FUT", 1, 10_000)
    scene.exchange.submit("cat", Buy("FUT", 1, 9_000))
    scene.value.price = 10_500
    scene.at(EXPIRY, scene.futures)
    assert cash(scene) == [5_000, -5_000, 0]
    assert scene.has("ann", "FUT") == scene.has("bob", "FUT") == 0
    assert scene.told(InstrumentExpired)[0].open_interest == 1
    assert scene.refusal("ann", Buy("FUT", 1, 10_000)) == "CLOSED"
    assert list(scene.futures.times()) == []
    assert scene.sound()


def test_with_delivery_a_share_costs_what_was_agreed_in_all():
    scene = stage("physical")
    scene.trade("ann", "bob", "FUT", 2, 10_000)
    scene.value.price = 10_500
    scene.at(EXPIRY, scene.futures)
    assert (scene.has("ann", "ACME"), scene.has("bob", "ACME")) == (120, 80)
    assert cash(scene) == [-20 * 10_000, 20 * 10_000, 0]
    assert scene.sound()


def test_who_cannot_deliver_has_paid_the_difference_and_no_more():
    scene = stage("physical")
    scene.trade("ann", "bob", "FUT", 11, 10_000)  # 110 shares, and bob has 100
    scene.value.price = 10_500
    scene.at(EXPIRY, scene.futures)
    assert scene.has("bob", "ACME") == 100
    assert cash(scene) == [55_000, -55_000, 0]
    assert scene.sound()


def test_a_loser_without_cash_is_covered_by_the_house():
    scene = stage(cash=1_000, capital=10_000)
    scene.trade("ann", "bob", "FUT", 3, 10_000)
    mark(scene, DAY, 10_100)
    assert (scene.has("ann"), scene.has("bob"), scene.has(CLEARING)) == (4_000, 0, 8_000)
    assert scene.told(DeficitCovered)[0].amount == 2_000
    assert scene.sound()


def test_without_capital_the_winners_share_what_came_in_and_are_paid_the_rest_when_it_comes():
    scene = stage(cash=1_000)
    scene.trade("ann", "bob", "FUT", 2, 10_000)
    scene.trade("cat", "bob", "FUT", 1, 10_000)
    mark(scene, DAY, 10_100)
    assert [scene.has(name) for name in NAMES] == [1_667, 0, 1_333]
    assert scene.told(LossShared)[0].amount == 2_000
    scene.exchange.ledger.deposit("bob", "USD", 5_000)
    mark(scene, 2 * DAY, 10_100)
    assert [scene.has(name) for name in NAMES] == [3_000, 3_000, 2_000]
    assert scene.sound()


trades = st.lists(
    st.tuples(st.permutations(NAMES), st.integers(1, 5), st.integers(9_900, 10_100), st.booleans()), max_size=20
)


@given(trades)
def test_variation_margin_adds_up_to_zero_whatever_is_traded(done):
    scene = stage()
    day = 0
    for (buyer, seller, _), quantity, price, night in done:
        scene.trade(buyer, seller, "FUT", quantity, price)
        if night and day < 3:
            day += 1
            mark(scene, day * DAY, price)
            assert sum(cash(scene)) == 0
            assert sum(scene.futures.gains("FUT", price).values()) == 0
    scene.at(EXPIRY, scene.futures)
    assert sum(cash(scene)) == 0
    assert all(scene.has(name, "FUT") == 0 for name in NAMES)
    assert scene.sound()


@pytest.mark.thorough
@given(st.integers(0, 1_000), st.dictionaries(st.text(), st.integers(1, 500), max_size=6))
def test_what_is_shared_is_all_there_is_and_nobody_gets_more_than_the_claim(amount, claims):
    parts = shared(amount, claims)
    assert sum(parts.values()) == min(amount, sum(claims.values()))
    assert all(0 <= parts[name] <= claim for name, claim in claims.items())


def test_who_has_no_margin_account_trades_no_future():
    scene = stage()
    scene.exchange.ledger.end_margin("ann")
    assert scene.refusal("ann", Buy("FUT", 1, 10_000)) == "MARGIN_ACCOUNT_NEEDED"


def test_a_day_has_a_length():
    scene = stage()
    with pytest.raises(InputError, match="positive time"):
        Futures(scene.house, scene.prices, every_ns=0)
