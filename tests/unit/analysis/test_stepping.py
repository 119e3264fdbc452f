"""Stepping forwards and backwards meets the same instants, and every event has a sentence."""

from __future__ import annotations

import random

import pytest

from market_sim.analysis.event_sentences import Teller
from market_sim.analysis.stepping import KINDS, Stepper
from market_sim.core.data.codec import EVENT_KINDS
from market_sim.core.models.consensus_events import BlockFinalized
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.run import Options, simulate
from market_sim.simulation.scenarios.first_market import FirstMarket


@pytest.fixture(scope="module")
def journal():
    return simulate(FirstMarket(traders=6), Options(epochs=6, settlement="memory")).journal


def test_forward_back_forward_gives_the_same_instant(journal):
    stepper, places = Stepper(journal), random.Random(1).sample(range(len(journal)), 40)
    there = [stepper.instant(place, "ACME") for place in sorted(places)]
    back = [stepper.instant(place, "ACME") for place in sorted(places, reverse=True)]
    afresh = [Stepper(journal).instant(place, "ACME") for place in sorted(places)[::10]]
    assert there == back[::-1]
    assert there[::10] == afresh


def test_the_three_counts_grow_and_never_overtake(journal):
    stepper, before = Stepper(journal), (0, 0, 0)
    for place in range(0, len(journal), 97):
        instant = stepper.instant(place, "ACME")
        now = instant.matched, instant.final, instant.settled
        assert now[0] >= now[1] >= now[2]
        assert all(after >= earlier for after, earlier in zip(now, before, strict=True))
        before = now
    last = stepper.instant(stepper.last, "ACME")
    assert last.matched == sum(1 for _ in journal.of(Trade))
    assert last.settled == sum(event.trades for event in journal.of(BlockSettled)) > 0


def test_a_step_finds_the_next_of_its_kind_and_of_its_account(journal):
    stepper = Stepper(journal)
    first = stepper.step(0, True, "trades")
    assert type(journal[first]) is Trade
    second = stepper.step(first, True, "trades")
    assert stepper.step(second, False, "trades") == first
    assert stepper.step(first, False, "trades") is None
    mine = stepper.step(0, True, "trades", "maker-0")
    assert "maker-0" in (journal[mine].maker, journal[mine].taker)
    assert stepper.step(stepper.last, True) is None
    assert stepper.step(0, True, "trades", "nobody") is None


def test_a_list_holds_what_fits_in_order(journal):
    listed = Stepper(journal).listed(0, 10_000, "blocks")
    assert [moment.number for moment in listed] == sorted(moment.number for moment in listed)
    assert {moment.kind for moment in listed} == {"BlockProposed", "BlockNotarized", "BlockFinalized"}
    assert sum(moment.kind == "BlockFinalized" for moment in listed) == sum(1 for _ in journal.of(BlockFinalized))


def test_the_kinds_name_events_that_exist():
    assert KINDS["everything"] is None
    named = frozenset().union(*(kinds for kinds in KINDS.values() if kinds))
    assert named <= set(EVENT_KINDS)


def test_every_event_of_a_run_has_a_sentence_with_its_numbers(journal):
    teller = Teller(journal)
    for event in journal:
        sentence = teller.sentence(event)
        assert sentence and "{" not in sentence and "<" not in sentence
    trade = next(journal.of(Trade))
    assert f"trade {trade.trade}: {trade.taker}" in teller.sentence(trade)


def test_a_refusal_is_told_with_its_rule(journal):
    teller = Teller(journal)
    refused = OrderRejected(0, "alice", "PlaceOrder", "NO_LIQUIDITY", {"symbol": "ACME"})
    assert "nobody waits on the other side of ACME" in teller.sentence(refused)
    without_numbers = OrderRejected(0, "alice", "PlaceOrder", "NO_LIQUIDITY", {})
    assert "somebody on the other side" in teller.sentence(without_numbers)
    assert "MADE_UP" in teller.sentence(OrderRejected(0, "alice", "PlaceOrder", "MADE_UP", {}))
