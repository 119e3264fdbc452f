"""The leader's power: what an order of calls takes, from whom, and that nobody can take what nobody can read."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.blockchain.amm import Amm
from market_sim.blockchain.amm_model import AmmModel
from market_sim.blockchain.call_orders import FrontRun, Sandwich, arranged, as_heard, newest_first
from market_sim.blockchain.extracted_value import POOL, Held, extracted
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import BlockProposed, CallsOrdered, ProposalJudged
from market_sim.core.models.event import Numbers
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted
from market_sim.core.money import written
from market_sim.course.catalogue import find_lesson
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.sandwich import ORDERS, SEARCHER, SHOPPER, SandwichScenario
from tests.conftest import ROOT
from tests.integration.test_chain_as_a_place import told


@cache
def run(scenario: SandwichScenario, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario, Options(**chosen)).journal


def call(number: int, account: str, function: str = "buy") -> CallSubmitted:
    return CallSubmitted(0, number, account, "amm", function, (1, 1))


CALLS = [call(1, "ann"), call(2, "bob", "sell"), call(3, "eve"), call(4, "eve", "sell"), call(5, "ann")]


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        (as_heard, [1, 2, 3, 4, 5]),
        (newest_first, [5, 4, 3, 2, 1]),
        (FrontRun("eve"), [3, 4, 1, 2, 5]),
        (Sandwich("eve"), [3, 1, 2, 5, 4]),
        (lambda calls: calls[1:3], [2, 3]),
    ],
)
def test_an_order_chooses_the_place_of_each_call(order, numbers) -> None:
    assert arranged(order, CALLS) == numbers


@pytest.mark.parametrize("wrong", [lambda calls: [call(9, "eve")], lambda calls: calls[:1] * 2])
def test_an_order_returns_calls_that_wait_each_once(wrong) -> None:
    with pytest.raises(InputError, match=r"calls that wait, each once; of \[1, 2, 3, 4, 5\] it made"):
        arranged(wrong, CALLS)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda calls: None, "returns a list of calls that wait, found None"),
        (lambda calls: 3, "returns a list of calls that wait, found 3"),
        (lambda calls: calls.sort(key=lambda one: one.call), "found None"),
        (lambda calls: [one.call for one in calls], "returns calls that wait, found 1 among them"),
        (lambda calls: [*calls, None], "found None among them"),
        (lambda calls: "eve", "found 'e' among them"),
    ],
)
def test_an_order_that_returns_something_else_is_told_what_it_returned(wrong, said: str) -> None:
    with pytest.raises(InputError, match=said):
        arranged(wrong, CALLS)


class Lenient(AmmModel):
    """A twin that forgets the buyer's limit."""

    def buy(self, owner: str, epoch: int, base: int, most: int) -> Numbers:
        return super().buy(owner, epoch, base, 10**15)


def test_a_refusal_that_the_twin_would_not_make_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Amm, "_model", lambda pool, observed: Lenient(pool.fee_bps, observed))
    told = r"call \d+: amm refused buy with PriceMoved\(found=\d+, limit=\d+\), and its twin makes it"
    with pytest.raises(InvariantBroken, match=told):
        simulate(SandwichScenario(tolerance_bps=0), Options(epochs=8, settlement="memory"))


@pytest.mark.parametrize("order", ORDERS)
def test_what_an_order_gives_and_takes_sums_to_zero_in_each_asset(order: str) -> None:
    changed = extracted(run(SandwichScenario(order=order)), "amm")
    assert {SHOPPER, POOL} <= set(changed)
    assert [sum(amounts) for amounts in zip(*changed.values(), strict=True)] == [0, 0]


def test_a_sandwich_takes_from_the_buyer_and_the_cures_leave_nothing_to_take() -> None:
    changed = extracted(run(SandwichScenario()), "amm")
    assert changed[SEARCHER].quote > 0 > changed[SHOPPER].quote
    assert changed[SEARCHER].base == changed[SHOPPER].base == 0
    for cure in ("honest", "sealed", "fair"):
        journal, scenario = run(SandwichScenario(order=cure)), SandwichScenario(order=cure)
        assert set(extracted(journal, "amm").values()) == {Held()}
        assert not scenario.holds(journal)
        assert any(one.account == SHOPPER and one.succeeded for one in journal.of(CallExecuted))
    assert not [one for one in run(SandwichScenario(order="sealed")).of(CallSubmitted) if one.account == SEARCHER]


def test_the_searchers_gain_is_what_its_own_trades_add_up_to() -> None:
    """In the order of arrival all its calls are refused, so all that it gains came from the order."""
    journal = run(SandwichScenario())
    cash = shares = 0
    for one in journal.of(CallExecuted):
        if one.account == SEARCHER and one.succeeded:
            sign = 1 if one.function == "buy" else -1
            cash, shares = cash - sign * int(one.numbers["quote"]), shares + sign * int(one.numbers["base"])
    assert (shares, cash) == extracted(journal, "amm")[SEARCHER]
    assert f"searcher +{cash / 100:.2f}, shopper -" in SandwichScenario().conclusion(journal)


def test_without_a_tolerance_there_is_nothing_to_take() -> None:
    scenario = SandwichScenario(tolerance_bps=0)
    assert not scenario.holds(run(scenario))


def test_front_running_shows_the_shares_that_are_sold_later() -> None:
    scenario = SandwichScenario(order="front-run")
    changed = extracted(run(scenario), "amm")
    assert changed[SHOPPER].quote < 0 < changed[SEARCHER].base
    assert f" and {changed[SEARCHER].base} shares, shopper " in scenario.conclusion(run(scenario))


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    assert told(run(SandwichScenario())) == told(run(SandwichScenario(), settlement="eth-tester"))


class LastFirst:
    """An order that a student might write."""

    def __call__(self, calls: list[CallSubmitted]) -> list[CallSubmitted]:
        return sorted(calls, key=lambda one: -one.call)


def test_a_class_of_ones_own_orders_the_calls() -> None:
    class Mine(SandwichScenario):
        def build(self, world: World) -> None:
            super().build(world)
            world.validators(call_order=LastFirst())

    ordered = [event.calls for event in run(Mine()).of(CallsOrdered) if len(event.calls) > 1]
    assert ordered and all(list(calls) == sorted(calls, reverse=True) for calls in ordered)


def test_an_order_that_does_not_exist_is_refused_and_without_a_chain_nobody_buys() -> None:
    with pytest.raises(InputError, match="by sandwich, front-run, honest, sealed, fair, found 'fee'"):
        run(SandwichScenario(order="fee"))
    said = SandwichScenario().conclusion(run(SandwichScenario(), settlement="none"))
    assert said == "Nobody bought at the pool, so there was no order to choose."


def test_lesson_18_says_what_its_run_shows() -> None:
    lesson = find_lesson(ROOT / "lessons", "18")
    told, said = (
        run(SandwichScenario(), epochs=lesson.look.epochs, seed=lesson.look.seed),
        " ".join(lesson.body.split()),
    )
    changed = extracted(told, "amm")
    gain, loss, fees = (changed[account].quote for account in (SEARCHER, SHOPPER, POOL))
    assert f"The shopper lost {written(-loss)}, and the searcher gained {written(gain)} of it" in said
    assert f"The other {written(fees)} stayed in the pool" in said
    assert f"The searcher gains {written(gain)} by that" in lesson.prediction.question
    assert lesson.prediction.outcome.startswith("more than") and -loss > gain > 0 < fees
    sales = [one for one in told.of(CallExecuted) if (one.account, one.function) == (SEARCHER, "sell")]
    assert "Seven of the eight were refused" in said and sorted(one.succeeded for one in sales) == [False] * 7 + [True]
    [order] = [event.calls for event in told.of(CallsOrdered) if event.epoch == 4]
    accounts = {one.call: one.account for one in told.of(CallSubmitted)}
    assert f"as far as block 4, which holds 3 calls of contracts: {', '.join(map(str, order))}" in said
    assert [accounts[one] for one in order] == [SEARCHER, SHOPPER, SEARCHER]


def test_the_cures_of_lesson_18_do_what_it_says() -> None:
    said = find_lesson(ROOT / "lessons", "18").body
    bought = [one for one in run(SandwichScenario(tolerance_bps=0), seed=7).of(CallExecuted) if one.account == SHOPPER]
    many = sum(one.succeeded for one in bought)
    assert f"Only {many} of the {len(bought)} purchases were executed" in said
    assert "--quantity 29" in said and "--quantity 30" in said
    for quantity, first in ((29, 9), (30, 1)):
        journal = run(SandwichScenario(quantity=quantity), seed=7)
        calls = [one.account for one in journal.of(CallSubmitted) if one.account in (SEARCHER, SHOPPER)]
        assert calls.index(SEARCHER) == first, "the number of purchases before it is worth a try"
        assert (set(extracted(journal, "amm").values()) != {Held()}) == (quantity == 30)
    fair = run(SandwichScenario(order="fair"), seed=7)
    unfair = {one.block for one in fair.of(ProposalJudged) if one.reason == "PAYLOAD_UNFAIR_ORDER"}
    epochs = sorted(one.epoch for one in fair.of(BlockProposed) if one.block in unfair)
    many = sum(one.succeeded for one in fair.of(CallExecuted) if one.account == SHOPPER)
    assert f"its blocks of epochs {epochs[0]} and {epochs[1]} get no vote but its own" in said and len(epochs) == 2
    assert f"{many} purchases were executed by the end of epoch 12 instead of 8" in " ".join(said.split())
    assert "that from the ninth purchase on 29 shares are worth a try" in said.replace("\n  ", " ")
