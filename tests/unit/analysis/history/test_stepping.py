"""Stepping forwards and backwards meets the same instants, and every event has a sentence."""

from __future__ import annotations

import random
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from market_sim.analysis.event_sentences import SENTENCES, EventSentences
from market_sim.analysis.history.books import Books
from market_sim.analysis.history.stepping import KINDS, Stepper
from market_sim.core.data.codec import EVENT_KINDS
from market_sim.core.models.consensus_events import BlockFinalized
from market_sim.core.models.intents import Buy, PlaceOrder
from market_sim.core.models.market_events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    Trade,
    Transferred,
)
from market_sim.core.models.mechanism_events import Assigned
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.course.replay import PracticeExchange
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket


@pytest.fixture(scope="module")
def journal():
    return simulate(FirstMarket(traders=6), Options(epochs=6, settlement="memory")).journal


def stepper_of(journal):
    return Stepper(journal, Books(journal))


def test_kept_books_give_the_same_instants_as_a_replay_from_the_beginning(journal, monkeypatch):
    monkeypatch.setattr("market_sim.analysis.history.books.STRIDE", 300)
    places = [*random.Random(2).sample(range(len(journal)), 60), 0, 299, 300, 299, 301, len(journal) - 1, 298]
    stepper = stepper_of(journal)
    for place in places:
        assert stepper.instant(place, "ACME") == stepper_of(journal).instant(place, "ACME"), place


def test_forward_back_forward_gives_the_same_instant(journal):
    stepper, places = stepper_of(journal), random.Random(1).sample(range(len(journal)), 40)
    there = [stepper.instant(place, "ACME") for place in sorted(places)]
    back = [stepper.instant(place, "ACME") for place in sorted(places, reverse=True)]
    afresh = [stepper_of(journal).instant(place, "ACME") for place in sorted(places)[::10]]
    assert there == back[::-1]
    assert there[::10] == afresh


def test_the_three_counts_grow_and_never_overtake(journal):
    stepper, before = stepper_of(journal), (0, 0, 0)
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
    stepper = stepper_of(journal)
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
    listed = stepper_of(journal).listed(0, 10_000, "blocks")
    assert [moment.number for moment in listed] == sorted(moment.number for moment in listed)
    assert {moment.kind for moment in listed} == {"BlockProposed", "BlockNotarized", "BlockFinalized"}
    assert sum(moment.kind == "BlockFinalized" for moment in listed) == sum(1 for _ in journal.of(BlockFinalized))


def test_only_kinds_that_the_journal_has_are_offered(journal):
    assert {"everything", "orders", "trades", "blocks", "votes"} <= set(stepper_of(journal).kinds)
    stage = PracticeExchange("a day without validators")
    stage.play("ann", Buy("ACME", 5, 100))
    stage.play("ann", Buy("ACME", 0, 100))
    assert stepper_of(stage.end()).kinds == ["everything", "orders", "refusals"]


def test_the_kinds_name_events_that_exist():
    assert KINDS["everything"] is None
    named = frozenset().union(*(kinds for kinds in KINDS.values() if kinds))
    assert named <= set(EVENT_KINDS)


def invented(kind):
    """A value of this type, for a sentence to speak about."""
    simple = {int: 7, str: "alice", bool: True, float: 0.5, PlaceOrder: Buy("ACME", 5, 100)}
    if kind in simple:
        return simple[kind]
    inner = [one for one in get_args(kind) if one is not Ellipsis]
    whole = get_origin(kind)
    if hasattr(kind, "_fields"):
        return kind(*map(invented, get_type_hints(kind).values()))
    if whole is dict:
        return {"alice": 7}
    return tuple(map(invented, inner)) if whole is tuple else inner[0] if whole is Literal else invented(inner[0])


def event_of(kind):
    hints = get_type_hints(kind)
    return kind(*(invented(hints[name]) for name in kind.__struct_fields__))


@pytest.mark.parametrize("kind", EVENT_KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_has_a_sentence_of_its_own(journal, kind):
    assert kind in SENTENCES
    sentence = EventSentences(journal).sentence(event_of(kind))
    assert len(sentence) > 10
    assert not any(odd in sentence for odd in ("{", "None", "_", "  ")), sentence


def test_what_becomes_of_an_order_is_told_in_its_own_units(journal):
    order = next(event.order for event in journal.of(OrderAccepted) if event.terms.symbol == "ACME")
    sentence = EventSentences(journal).sentence
    amended = sentence(OrderAmended(0, order, 7, 10_007, False))
    assert amended == f"order {order} now has 7 ACME at 100.07, at the back of the queue"
    assert sentence(OrderCancelled(0, order, 3, "CANCELLED")).startswith(f"3 ACME of order {order} ")


def test_transfers_and_decisions_concern_everybody_whom_they_name(journal):
    stepper = stepper_of(journal)
    moved = Transferred(0, 1, "alice", "bob", "USD", 5, "PREMIUM", "C1")
    assert stepper.accounts(moved) == ("alice", "bob")
    assert stepper.sentences.sentence(moved) == "transfer 1: 0.05 USD from alice to bob, premium because of C1"
    nothing = msgspec.structs.replace(moved, symbol="", reason="LENT")
    assert stepper.sentences.sentence(nothing) == "transfer 1: 0.05 USD from alice to bob, lent"
    assert stepper.fits(moved, "mechanisms", "bob")
    assert stepper.fits(event_of(Assigned), "mechanisms", "alice")


def test_every_event_of_a_run_has_a_sentence_with_its_numbers(journal):
    sentences = EventSentences(journal)
    for event in journal:
        sentence = sentences.sentence(event)
        assert sentence and "{" not in sentence and "<" not in sentence
    trade = next(journal.of(Trade))
    assert f"trade {trade.trade}: {trade.taker}" in sentences.sentence(trade)


def test_a_refusal_is_told_with_its_rule(journal):
    sentences = EventSentences(journal)
    refused = OrderRejected(0, "alice", "PlaceOrder", "NO_LIQUIDITY", {"symbol": "ACME"})
    assert "the other side of the book of ACME is empty" in sentences.sentence(refused)
    without_numbers = OrderRejected(0, "alice", "PlaceOrder", "NO_LIQUIDITY", {})
    assert "an order on the other side" in sentences.sentence(without_numbers)
    assert "MADE_UP" in sentences.sentence(OrderRejected(0, "alice", "PlaceOrder", "MADE_UP", {}))
