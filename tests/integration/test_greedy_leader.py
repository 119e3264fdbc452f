"""`--byzantine n0:greedy`: a leader that orders calls for itself, with and without an order that the others enforce."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from market_sim import Options, simulate
from market_sim.analysis.byzantine_report import byzantine_report
from market_sim.blockchain.call_orders import newest_first
from market_sim.blockchain.extracted_value import POOL, Held, extracted_by_leader
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, BlockProposed, ByzantineAct, CallsOrdered
from market_sim.core.models.run_events import WarningGiven
from market_sim.simulation.scenarios.escrow import EscrowScenario
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.sandwich import SEARCHER, SHOPPER, SandwichScenario
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.cli.main import main


@cache
def run(scenario: Scenario, byzantine: str, **options: Any) -> Journal:
    chosen = {"epochs": 12, "settlement": "memory", "paranoid": True} | options
    return simulate(scenario, Options(byzantine=byzantine or None, **chosen)).journal


def acts(journal: Journal) -> list[ByzantineAct]:
    return [event for event in journal.of(ByzantineAct) if event.behaviour == "greedy"]


def test_one_greedy_leader_of_four_takes_what_its_own_blocks_give() -> None:
    journal = run(SandwichScenario(order="honest"), "n0:greedy")
    found = extracted_by_leader(journal, "amm")
    assert found[0][SEARCHER].quote > 0 > found[0][SHOPPER].quote
    assert sum(found[0][side].quote for side in (SEARCHER, SHOPPER, POOL)) == 0
    assert all(set(changed.values()) <= {Held()} for leader, changed in found.items() if leader)
    leaders = {event.block: (event.proposer, event.epoch) for event in journal.of(BlockProposed)}
    assert acts(journal) and all(leaders[act.blocks[0]] == (0, act.epoch) for act in acts(journal))


def test_it_deviates_where_the_order_differs_from_that_of_arrival_and_in_its_epochs() -> None:
    def disordered(journal: Journal) -> set[str]:
        return {event.block for event in journal.of(CallsOrdered) if list(event.calls) != sorted(event.calls)}

    busy = SandwichScenario(order="honest")
    whole, part = (run(busy, f"n2:greedy{when}") for when in ("", "@1-7"))
    for journal in (whole, part):
        assert {act.blocks[0] for act in acts(journal)} == disordered(journal)
    epochs = {act.epoch for act in acts(whole)}
    assert {act.epoch for act in acts(part)} == {epoch for epoch in epochs if epoch <= 7} != epochs
    assert disordered(run(busy, "")) == set()


def test_the_report_says_what_became_of_its_blocks() -> None:
    free = run(SandwichScenario(order="honest"), "n0:greedy")
    final = {event.block for event in free.of(BlockFinalized)}
    many = sum(act.blocks[0] in final for act in acts(free))
    assert byzantine_report(free) == [
        f"n0 put the calls of contracts into a block in an order of its own {len(acts(free))} times (greedy, epochs 4 "
        f"to 12): of these blocks {len(acts(free))} became notarized and {many} final; no rule forbids it here, and "
        "what the order gave and took at a pool is told as extracted value."
    ]
    fair = run(SandwichScenario(order="fair"), "")
    lost = set(range(5, 13)) - {event.epoch for event in fair.of(BlockFinalized) if event.validator != 1}
    assert byzantine_report(fair) == [
        "n1 put the calls of contracts into a block in an order of its own 2 times (greedy, epochs 5 to 9): of these "
        "blocks none became notarized and none final, because the others vote only for the order that a quorum has "
        f"seen; {len(lost)} of 8 epochs from then on brought no new final block."
    ]


@pytest.mark.parametrize(
    ("scenario", "byzantine", "why"),
    [
        (FirstMarket(), "n1:greedy", "nobody calls a contract in this scenario, so there is nothing to order"),
        (EscrowScenario(), "n2:greedy@3", "n2 does not lead then; try n2:greedy@6"),
        (EscrowScenario(), "n2:greedy@30", "the run ends with epoch 12; try n2:greedy@2"),
    ],
)
def test_what_it_cannot_do_is_said_before_and_after_the_run(scenario: Scenario, byzantine: str, why: str) -> None:
    journal = run(scenario, byzantine)
    [said] = [event.sentence for event in journal.of(WarningGiven)]
    assert said.startswith(f"{byzantine} can do nothing: ") and why in said
    assert not acts(journal)
    assert byzantine_report(journal) == [
        "n2 was to be greedy and never did: it proposed no block with calls whose order it could change."
        if "n2" in byzantine
        else "n1 was to be greedy and never did: it proposed no block with calls whose order it could change."
    ]


def test_an_order_of_ones_own_is_that_of_the_greedy_leader_alone() -> None:
    class Mine(SandwichScenario):
        def build(self, world):
            super().build(world)
            world.validators(call_order="arrival", byzantine="n3:greedy", greedy_order=newest_first)

    journal = run(Mine(), "")
    proposers = {event.block: event.proposer for event in journal.of(BlockProposed)}
    several = [event for event in journal.of(CallsOrdered) if len(event.calls) > 1]
    for event in several:
        assert list(event.calls) == sorted(event.calls, reverse=proposers[event.block] == 3)
    assert {proposers[event.block] for event in several} >= {0, 3}


def test_the_command_line_takes_it(tmp_path, capsys) -> None:
    asked = ["--scenario", "sandwich", "--order", "honest", "--byzantine", "n0:greedy", "--settlement", "memory"]
    assert main([*asked, "--headless", "--no-plot", "--epochs", "5", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "n0 put the calls of contracts into a block in an order of its own once (greedy, epoch 4)" in said
    assert "n0 at amm: the pool +" in said
