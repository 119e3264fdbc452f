"""The attack lab finds what breaks a committee, shortens it until no step can go, and claims no proof otherwise."""

from __future__ import annotations

import json
import os
import shlex
from itertools import islice, pairwise
from pathlib import Path

import pytest

from market_sim.core.data import archive
from market_sim.core.data.forks import fork_of
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized
from market_sim.simulation.attack_lab import Answer, Laboratory, Question, Schedule, options, reached
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.cli.main import main

IN_CI = "CI" in os.environ


def played(asked: Question, schedule: Schedule, epochs: int) -> Journal:
    lies = ",".join(step.typed for step in schedule if step.who >= 0)
    splits = ",".join(step.typed for step in schedule if step.who < 0)
    return simulate(StreamletDemo(), options(asked, lies, splits, epochs)).journal


@pytest.fixture(scope="module")
def fork() -> Answer:
    """What the lab finds when nothing else is asked of it."""
    return Laboratory(Question(), StreamletDemo()).search()


@pytest.mark.thorough
def test_two_liars_of_four_fork_in_two_epochs_and_every_step_is_needed(fork: Answer) -> None:
    asked, answer = Question(), fork
    assert (answer.epochs, len(answer.schedule)) == (2, 4)
    assert {step.who for step in answer.schedule} == {1, 2}
    assert fork_of(played(asked, answer.schedule, answer.epochs)) is not None
    for place in range(len(answer.schedule)):
        fewer = answer.schedule[:place] + answer.schedule[place + 1 :]
        assert fork_of(played(asked, fewer, answer.epochs)) is None
    assert fork_of(played(asked, (), 12)) is None


def test_the_search_tells_how_far_it_is_and_a_stopped_one_answers_for_what_it_tried() -> None:
    lab = Laboratory(Question(byzantine=1), StreamletDemo())
    told = []

    def watch(tried: int, is_found: bool) -> None:
        told.append((tried, is_found))
        if tried == 3:
            lab.stop()

    answer = lab.search(watch)
    assert told == [(1, False), (2, False), (3, False)]
    assert answer.tried == 3 and "none in 3 schedules" in answer.sentence


@pytest.mark.thorough
def test_a_search_that_is_stopped_while_it_shortens_keeps_what_it_found_and_says_so() -> None:
    asked = Question(goal="stall", stall=4)
    lab = Laboratory(asked, StreamletDemo())
    answer = lab.search(lambda tried, is_found: lab.stop() if is_found else None)
    assert not answer.is_shortest and "stopped before it was the shortest" in answer.sentence
    assert reached("stall", played(asked, answer.schedule, answer.epochs), 4)


def test_within_the_bound_nothing_is_found_and_nothing_is_called_proved() -> None:
    answer = Laboratory(Question(byzantine=1, budget=600 if IN_CI else 40), StreamletDemo()).search()
    assert answer.schedule == ()
    assert f"none in {answer.tried} schedules up to depth 12" in answer.sentence
    assert "nothing more is claimed" in answer.sentence


def test_the_quick_play_of_the_lab_is_the_committee_of_the_whole_run() -> None:
    """The committee alone and the whole run agree on the goal; otherwise the search would mean nothing."""
    asked = Question(seed=3)
    lab = Laboratory(asked, StreamletDemo())
    found = []
    for schedule in islice(lab._schedules(), 70, 82):
        quick = lab._reaches(schedule, 12)
        assert quick == (fork_of(played(asked, schedule, 12)) is not None)
        found.append(quick)
    assert {True, False} == set(found)


@pytest.mark.parametrize("tried", [30, 299, 5_000, 20_000])
def test_the_bound_that_is_claimed_is_three_by_the_number_of_schedules(tried: int) -> None:
    """No success in N independent schedules: a rate of 3 / N or more would have shown itself with 95 % confidence."""
    sentence = Answer(Question(byzantine=1), tried).sentence
    told = int(sentence.partition("fewer than one in ")[2].partition(" schedules")[0].replace(",", ""))
    assert (1 - 1 / told) ** tried < 0.05 < (1 - 1 / (1.02 * told + 2)) ** tried
    assert sentence.startswith(f"none in {tried:,} schedules up to depth 12 with 1 of 4 byzantine: ")
    assert sentence.endswith(" leads to a fork, and nothing more is claimed")


def test_of_a_few_schedules_no_rate_is_claimed() -> None:
    assert Answer(Question(byzantine=1), 12).sentence == (
        "none in 12 schedules up to depth 12 with 1 of 4 byzantine: too few to say how rare one is"
    )


def test_the_budget_is_twenty_thousand_schedules_unless_somebody_says_otherwise() -> None:
    assert Question().budget == 20_000


@pytest.mark.parametrize(
    "change",
    [
        {"goal": "win"},
        {"byzantine": 4},
        {"validators": 3},
        {"budget": 0},
        {"depth": 3},
        {"goal": "stall", "stall": 11},
        {"goal": "stall", "stall": 2},
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="found"):
        Question(**change)  # type: ignore[arg-type]


@pytest.mark.thorough
def test_the_run_that_is_found_is_kept_replays_and_its_command_shows_it_again(
    fork: Answer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attack", "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert fork.sentence in told, "same seed and budget, same answer"
    run = Path(told.partition("run  ")[2].split()[0])
    assert (run / "timeline.html").stat().st_size > 10_000
    assert fork_of(archive.load(run).journal) is not None
    assert main(["replay", str(run)]) == 0
    capsys.readouterr()
    again = shlex.split(told.partition("again")[2])[2:]
    assert main([*again, "--no-plot", "--json", "-q", "--out", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["fingerprint"] == archive.load(run).manifest.fingerprint
    assert "n1 and n2 signed both" in document["fork"]


@pytest.mark.thorough
@pytest.mark.parametrize("epochs", [4, 6])
def test_a_stall_lasts_as_long_as_was_asked(epochs: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed = ["attack", "--goal", "stall", str(epochs), "--json", "--out", str(tmp_path)]
    assert main(typed) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["found"]
    assert f"a stall of {epochs} epochs with 2 of 4 byzantine" in told["sentence"]
    journal = archive.load(Path(told["run"])).journal
    busy = [1, *(event.epoch for event in journal.of(BlockFinalized)), told["epochs"]]
    assert max(after - before for before, after in pairwise(sorted(busy))) >= epochs


@pytest.mark.parametrize("goal", [["win"], ["fork", "3"], ["stall", "long"], ["stall", "3", "4"], ["stall", "1"]])
def test_a_goal_that_there_is_not_is_refused(goal: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "--goal", *goal]) == 2
    assert "found" in capsys.readouterr().err
