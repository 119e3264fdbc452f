"""Learners are trained, stored and judged: on unseen seeds they gain more than those who learn nothing."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import AgentJoined
from market_sim.simulation.run import simulate
from market_sim.simulation.sweep.plan import Plan
from market_sim.simulation.training import FIRST_UNSEEN, judged, school_of, trained
from market_sim.strategies.learning.bandit import BanditMaker
from market_sim.strategies.learning.learner import Learner
from market_sim.strategies.learning.logistic import LogisticTrader
from market_sim.strategies.learning.model import Model, stored_model
from market_sim.strategies.learning.q_learner import QLearner
from market_sim.strategies.learning.ridge import RidgeTrader
from market_sim.strategies.traditional.noise import Noise
from market_sim.ui.cli.main import main


@pytest.mark.thorough
@pytest.mark.parametrize(("kind", "seeds"), [(BanditMaker, 3), (QLearner, 8), (RidgeTrader, 2), (LogisticTrader, 2)])
def test_learning_beats_the_untrained_and_the_naive_on_unseen_seeds(kind: type[Learner], seeds: int):
    model = trained(kind, seeds)
    found = judged(model, 2)
    assert fmean(found.trained) > 0
    for other in (found.untrained, found.naive):
        assert found.wins(other) == 2, found
    assert fmean(found.trained) > fmean(found.untrained) + 1_000


def test_the_same_training_gives_the_same_knowledge_and_judging_changes_none():
    one, other = (trained(QLearner, 2, 30) for _ in range(2))
    assert one == other
    assert judged(one, 1, 30) == judged(other, 1, 30)
    assert one == other
    assert trained(QLearner, 3, 30).knowledge != one.knowledge


def test_training_and_judging_share_no_seed():
    with pytest.raises(InputError, match=f"from 1 to {FIRST_UNSEEN - 1} seeds"):
        trained(QLearner, FIRST_UNSEEN)
    with pytest.raises(
        InputError, match="noise does not learn; learners are bandit-maker, q-learner, ridge-trader, logistic"
    ):
        school_of(Noise)


@pytest.mark.thorough
def test_a_model_is_stored_and_judged_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "model.json"
    assert main(["train", "ridge-trader", "--seeds", "2", "--epochs", "60", "--to", str(path)]) == 0
    said = capsys.readouterr().out
    assert "ridge-trader learned in 2 runs of 60 epochs" in said
    assert said.count("part ") == 2
    assert stored_model(path) == trained(RidgeTrader, 2, 60)
    assert main(["judge", str(path), "--seeds", "2"]) == 0
    said = capsys.readouterr().out
    assert "2 unseen seeds from 100,001 on" in said
    assert "it gains more than momentum with 2 of 2 seeds" in said
    assert main(["judge", str(path), "--seeds", "1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["better"] is True
    assert told["seeds"] == [100_001]


def test_a_trained_model_joins_any_scenario_with_what_it_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "model.json"
    assert main(["train", "logistic-trader", "--seeds", "1", "--epochs", "60", "--to", str(path)]) == 0
    assert f"--with {path}\njoins it to a scenario" in capsys.readouterr().out

    def orders(guest: str) -> list[OrderAccepted]:
        result = simulate("crowded-room", epochs=12, seed=3, settlement="none", guests=guest)
        [joined] = [event for event in result.journal.of(AgentJoined) if event.agent == "me"]
        assert (joined.strategy, joined.parameters["size"]) == ("LogisticTrader", 7)
        return [event for event in result.journal.of(OrderAccepted) if event.account == "me"]

    choices = "name=me,holdings=ACME:50,every_ms=500,size=7,memory=9,cost_bps=0"
    known = orders(f"{path},{choices}")
    assert known and orders(f"{path},{choices}") == known
    assert orders(f"logistic-trader,{choices}") == [], "untrained, it foresees nothing"
    assert main(["--with", f"{path},sizes=3"]) == 2
    assert "LogisticTrader has no parameter sizes; did you mean size?" in capsys.readouterr().err
    assert main(["--with", str(tmp_path / "none.json")]) == 2
    assert "none.json: No such file or directory" in capsys.readouterr().err
    key = next(Plan("crowded-room", repetitions=1, guests=f"{path},{choices}").jobs()).key
    path.write_text(path.read_text().replace('"seeds": 1', '"seeds": 2'))
    assert next(Plan("crowded-room", repetitions=1, guests=f"{path},{choices}").jobs()).key != key


def test_a_learner_that_learned_nothing_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "model.json"
    nothing = QLearner().knowledge
    Model("q-learner", {}, 1, 30, nothing).save(path)
    assert main(["judge", str(path), "--seeds", "1"]) == 1
    assert "q-learner, trained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "it is not a model"),
        ('{"strategy": "q-learner"}', "it is not a model"),
        ('{"strategy": "noise", "parameters": {}, "seeds": 1, "epochs": 9, "knowledge": {}}', "noise does not learn"),
        ('{"strategy": "q-learner", "parameters": {}, "seeds": 1, "epochs": 9, "knowledge": {}}', "'values'"),
    ],
)
def test_a_file_that_is_no_model_is_one_sentence(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "model.json"
    path.write_text(content)
    assert main(["judge", str(path)]) == 2
    assert says in capsys.readouterr().err
    assert main(["train", "noise"]) == 2
    assert main(["judge", str(tmp_path / "none.json")]) == 2
