"""A bridge is drained by a replay, and the repaired one refuses it: every figure is added up again from the journal."""

from __future__ import annotations

from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import CallExecuted, ContractReconciled
from market_sim.core.money import written
from market_sim.course.catalogue import find_lesson
from market_sim.simulation.scenarios.bridge_replay import (
    ATTACKER,
    NAIVE,
    OWNER,
    REPAIRED,
    BridgeReplay,
    missing,
    paid_out,
    put_in,
    refusals,
    taken,
)
from tests.conftest import ROOT
from tests.integration.test_chain_as_a_place import told


def run(scenario: BridgeReplay | None = None, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario or BridgeReplay(), Options(**chosen)).journal


def test_the_naive_bridge_pays_twice_and_the_repaired_one_refuses_by_its_own_error() -> None:
    journal, scenario = run(), BridgeReplay()
    assert scenario.holds(journal)
    assert (taken(journal, NAIVE, ATTACKER), taken(journal, REPAIRED, ATTACKER)) == (30_000, 0)
    assert (refusals(journal, NAIVE, ATTACKER), refusals(journal, REPAIRED, ATTACKER)) == ([], ["WrongDestination"])
    assert (paid_out(journal, NAIVE, OWNER), paid_out(journal, REPAIRED, OWNER)) == (0, 30_000)
    refused = [call for call in journal.of(CallExecuted) if call.account == "relayer" and not call.succeeded]
    assert [(call.contract, call.reason, call.numbers) for call in refused] == [
        ("naive-home", "ShortOfLocked", {"locked": 0, "needed": 30_000})
    ]
    assert scenario.conclusion(journal) == (
        "The naive bridge paid the replay: mallory put in 300.00 and took out 600.00, 300.00 of what it owes is "
        "missing, and ann got 0.00 of 300.00 back. The repaired bridge refused the replay (WrongDestination): mallory "
        "put in 300.00 and took out 300.00, 0.00 of what it owes is missing, and ann got 300.00 of 300.00 back."
    )


def test_where_nothing_is_replayed_no_bridge_is_said_to_have_met_it() -> None:
    for journal in (run(BridgeReplay(attack=0)), run(epochs=3)):
        said = BridgeReplay().conclusion(journal)
        assert said.count("bridge met no replay: mallory put in 0.00 and took out 0.00, 0.00 of what it owes") == 2


@pytest.mark.parametrize(
    ("deposit", "attack", "stolen"), [(300, 100, 100), (300, 300, 300), (100, 300, 0), (300, 0, 0)]
)
def test_what_others_have_locked_bounds_what_can_be_stolen(deposit: int, attack: int, stolen: int) -> None:
    scenario = BridgeReplay(deposit=deposit, attack=attack)
    journal = run(scenario)
    assert taken(journal, NAIVE, ATTACKER) == stolen * 100
    assert taken(journal, REPAIRED, ATTACKER) == missing(journal, REPAIRED) == 0
    assert paid_out(journal, REPAIRED, OWNER) == deposit * 100
    assert scenario.holds(journal) == (stolen > 0)


def test_after_every_block_what_is_minted_is_locked_on_the_repaired_bridge_alone() -> None:
    last: dict[str, dict[str, int | str]] = {}
    most = {NAIVE: 0, REPAIRED: 0}
    compared = 0
    for event in run():
        if not isinstance(event, ContractReconciled):
            continue
        last[event.contract] = event.numbers
        name, _, side = event.contract.partition("-")
        most[name] = max(most[name], int(event.numbers["missing"]))
        compared += side == "home"
    assert compared >= 8
    assert most == {NAIVE: 30_000, REPAIRED: 0}
    left = {end: numbers.get("locked", numbers.get("minted")) for end, numbers in last.items()}
    assert left == dict.fromkeys(last, 0)


@pytest.mark.thorough
def test_eth_tester_and_memory_tell_the_same_of_it() -> None:
    ours, theirs = (told(run(settlement=where)) for where in ("memory", "eth-tester"))
    assert [without_address(each) for each in ours] == [without_address(each) for each in theirs]


def without_address(event: Any) -> Any:
    """The same without the address of a contract, which differs from chain to chain."""
    if isinstance(event, tuple) and "bridge" in event[-1]:
        return *event[:-1], {**event[-1], "bridge": ""}
    return event


def test_without_a_chain_there_is_no_bridge() -> None:
    assert BridgeReplay().conclusion(run(settlement="none", epochs=3)).startswith("This run settles on no chain")


@pytest.mark.parametrize("byzantine", ["n3:equivocate", "n2:withhold,n2:late"])
def test_a_byzantine_leader_changes_nothing_about_it(byzantine: str) -> None:
    journal = run(epochs=18, byzantine=byzantine)
    assert taken(journal, NAIVE, ATTACKER) == 30_000
    assert taken(journal, REPAIRED, ATTACKER) == missing(journal, REPAIRED) == 0


def test_lesson_17_says_what_its_run_shows() -> None:
    lesson = find_lesson(ROOT / "lessons", "17")
    told, said = run(epochs=lesson.look.epochs, seed=lesson.look.seed), " ".join(lesson.body.split())
    put, out = put_in(told, NAIVE, ATTACKER), paid_out(told, NAIVE, ATTACKER)
    assert f"mallory put in {written(put)} and took out {written(out)}" in said
    assert f"The {written(missing(told, NAIVE))} too much were ann's" in said
    assert "The repaired bridge refused the same signatures with `WrongDestination`" in said
    assert lesson.prediction.outcome.startswith(written(out))
