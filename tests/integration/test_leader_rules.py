"""Who may propose: in turn, drawn by a hash, or shuffled; for committees of up to a hundred validators."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from market_sim.core.consensus.blocks import LEADER_RULES, Rules
from market_sim.core.data import archive
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, EpochStarted
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo, quiet_market
from market_sim.ui.cli.main import main
from market_sim.ui.web.scenario_form import ScenarioForm

QUICK = ("--no-settle", "--no-plot", "--json", "-q")


@dataclass(frozen=True)
class Shuffled(Scenario):
    """A quiet market whose leaders are shuffled."""

    name: ClassVar[str] = "shuffled"

    def build(self, world: World) -> None:
        quiet_market(world, 2)
        world.validators(leaders="shuffled")


@pytest.mark.parametrize("validators", [4, 5, 7, 100])
def test_shuffled_leaders_have_each_validator_once_in_a_turn_and_another_order_in_the_next(validators: int) -> None:
    rules = Rules(validators=validators, leader_rule="shuffled")
    turns = [[rules.leader(turn * validators + place) for place in range(validators)] for turn in range(1, 30)]
    assert all(sorted(turn) == [*range(validators)] for turn in turns)
    assert len({tuple(turn) for turn in turns}) > (10 if validators == 4 else 25)
    firsts = Counter(turn[0] for turn in turns)
    assert len(firsts) > validators // 8 + 1, "nobody leads first for ever"


def test_another_rule_is_another_chain() -> None:
    keys = [b"%d" % index for index in range(4)]
    assert len({Rules(leader_rule=rule).genesis(keys).hash for rule in LEADER_RULES}) == 3


@pytest.mark.parametrize("rule", LEADER_RULES)
def test_a_run_under_each_rule_finalizes_all_but_its_last_block(rule: str) -> None:
    journal = simulate(StreamletDemo(), Options(epochs=9, settlement="none", leaders=rule)).journal
    rules = Rules(leader_rule=rule)  # type: ignore[arg-type]
    assert [event.leader for event in journal.of(EpochStarted)] == [rules.leader(epoch) for epoch in range(1, 10)]
    assert max(event.height for event in journal.of(BlockFinalized)) == 8
    assert next(journal.of(CommitteeSeated)).leaders == rule


def test_scenario_command_line_and_form_reach_the_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = next(simulate(Shuffled(), Options(epochs=2, settlement="none")).journal.of(CommitteeSeated))
    assert own.leaders == "shuffled"
    typed = ["--leaders", "shuffled", "--epochs", "2", *QUICK, "--out", str(tmp_path)]
    assert main(typed) == 0
    run = json.loads(capsys.readouterr().out)["run"]
    assert next(archive.load(Path(run)).journal.of(CommitteeSeated)).leaders == "shuffled"
    form = ScenarioForm.typed(StreamletDemo, {"seed": "7", "epochs": "2", "leaders": "shuffled", "p-traders": "4"})
    read = form.read()
    assert read is not None, form.errors
    assert read[1].leaders == "shuffled"


def test_a_rule_that_there_is_not_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--leaders", "loudest", "--epochs", "2"]) == 2
    told = capsys.readouterr().err
    assert "the leaders are chosen round-robin, hash or shuffled, found 'loudest'" in told
    with pytest.raises(InputError, match="found 'loudest'"):
        simulate(StreamletDemo(), Options(leaders="loudest"))


def test_a_hundred_validators_finalize() -> None:
    journal = simulate(
        StreamletDemo(), Options(epochs=2, settlement="none", validators=100, leaders="shuffled")
    ).journal
    seated = next(journal.of(CommitteeSeated))
    assert (seated.validators, seated.faults, seated.quorum) == (100, 33, 67)
    assert len({event.validator for event in journal.of(BlockFinalized)}) == 100
