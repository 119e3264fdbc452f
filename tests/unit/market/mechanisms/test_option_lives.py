"""Options under random writing, trading, exercising and cancelling: pledges are exact and nothing is lost."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import Amend, Buy, CancelAll, Exercise, Sell
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.models.mechanism_events import Assigned, Exercised, InstrumentExpired, Lapsed
from market_sim.market.mechanisms.clearing_house import PLEDGES
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.pledges import cover
from tests.unit.market.mechanisms.stage import Stage

NAMES = ("ann", "bob", "cat", "dan")
SYMBOLS = ("CALL", "PUT", "CASH")
FIRST, LAST = 1_000, 2_000


def stage() -> Stage:
    terms = {"underlying": "ACME", "style": "american", "multiplier": 10}
    options = [
        Option("CALL", strike=9_800, expiry=FIRST, delivery="physical", **terms),
        Option("PUT", strike=10_200, expiry=LAST, right="put", delivery="physical", **terms),
        Option("CASH", strike=10_300, expiry=LAST, right="put", delivery="cash", **terms),
    ]
    scene = Stage(options, {name: {"USD": 800_000, "ACME": 60} for name in NAMES}, capital=0)
    scene.options = scene.attach(OptionsClearing(scene.house, scene.prices, scene.randomness))
    return scene


def exact(scene: Stage) -> bool:
    """Whether what is pledged is what the worst case of every writer takes, and nothing else lies with the house."""
    needed: Counter[str] = Counter()
    for name in NAMES:
        account = scene.exchange.accounts[name]
        for symbol in SYMBOLS:
            selling = sum(o.remaining for o in account.open.values() if o.side < 0 and o.intent.symbol == symbol)
            worst = max(0, selling - account.balance(symbol).total)
            asset, amount = cover(scene.options.terms[symbol])
            needed[asset] += worst * amount
            assert account.balance(symbol).covered == worst
    return (scene.has(PLEDGES), scene.has(PLEDGES, "ACME")) == (needed["USD"], needed["ACME"])


steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["buy", "sell"]),
            st.sampled_from(NAMES),
            st.sampled_from((*SYMBOLS, "ACME")),
            st.integers(1, 3),
            st.sampled_from([300, 400, 500]),
        ),
        st.tuples(st.just("exercise"), st.sampled_from(NAMES), st.sampled_from(SYMBOLS), st.integers(1, 2), st.just(0)),
        st.tuples(
            st.sampled_from(["cancel", "amend", "move"]),
            st.sampled_from(NAMES),
            st.just(""),
            st.integers(1, 4),
            st.integers(9_500, 10_500),
        ),
    ),
    min_size=10,
    max_size=60,
)


def perform(scene: Stage, what: str, name: str, symbol: str, quantity: int, price: int) -> None:
    limit = price + 9_600 if symbol == "ACME" else price
    if what == "buy":
        scene.exchange.submit(name, Buy(symbol, quantity, limit))
    elif what == "sell":
        scene.exchange.submit(name, Sell(symbol, quantity, limit))
    elif what == "exercise":
        scene.exchange.submit(name, Exercise(symbol, quantity))
    elif what == "cancel":
        scene.exchange.submit(name, CancelAll())
    elif what == "amend" and scene.exchange.accounts[name].open:
        scene.exchange.submit(name, Amend(min(scene.exchange.accounts[name].open), quantity=quantity))
    elif what == "move":
        scene.value.price = price


@pytest.mark.thorough
@settings(max_examples=60)
@given(steps, steps)
def test_pledges_are_exact_and_every_contract_ends(before, after):
    scene = stage()
    for step in before:
        perform(scene, *step)
        assert exact(scene)
    scene.at(FIRST, scene.options)
    assert exact(scene)
    for step in after:
        perform(scene, *step)
        assert exact(scene)
    scene.at(LAST, scene.options)
    assert exact(scene)
    assert scene.has(PLEDGES) == scene.has(PLEDGES, "ACME") == 0
    for symbol in SYMBOLS:
        assert not any(scene.has(name, symbol) for name in NAMES)
    used = Counter(event.by for event in scene.told(Exercised) for _ in range(event.quantity))
    assert sum(used.values()) == sum(event.quantity for event in scene.told(Assigned))
    lapsed = sum(event.quantity for event in scene.told(Lapsed))
    assert sum(event.open_interest for event in scene.told(InstrumentExpired)) == used["exception"] + lapsed
    assert scene.sound()


def test_random_hands_reach_what_the_lives_of_options_are_made_of():
    chance, seen = Random(7), Counter[str]()
    for _ in range(40):
        scene = stage()
        for _ in range(60):
            kind = chance.choice(["buy", "sell", "buy", "sell", "exercise", "cancel", "move"])
            symbol = chance.choice((*SYMBOLS, "ACME") if kind != "exercise" else SYMBOLS)
            price = chance.choice([300, 400, 500]) if kind != "move" else chance.randint(9_500, 10_500)
            perform(scene, kind, chance.choice(NAMES), symbol, chance.randint(1, 3), price)
        scene.at(FIRST, scene.options)
        seen.update(event.reason for event in scene.told(OrderRejected))
        seen.update(f"by {event.by}" for event in scene.told(Exercised))
        seen.update(f"delivered {event.delivered}" for event in scene.told(Assigned))
        seen.update(event.reason for event in scene.told(Lapsed))
    for reached in (
        *("UNCOVERED", "NOT_HELD", "OUT_OF_THE_MONEY"),
        *("by choice", "by exception", "delivered True", "delivered False", "out of the money"),
    ):
        assert seen[reached] > 0, seen
