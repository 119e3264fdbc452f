"""Lesson 5 after the crash: its wrong answers pay twice or never, and what it says of the product's outbox is so."""

from __future__ import annotations

import json
import os

import pytest

from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.course.catalogue import find_lesson
from market_sim.course.lint import foreseen
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

LESSON = find_lesson(ROOT / "lessons", "05-settlement")
WRONG = LESSON.folder / "wrong"
TWICE, NEVER = ("begins_anew", "number_in_memory"), ("believes_the_network", "paid_before_sent")


def test_of_the_wrong_relayers_two_pay_twice_and_two_never_and_each_is_told_at_which_step() -> None:
    """The lint of the lesson plays each of them, and it must be told what its docstring says."""
    said = {file.stem: foreseen(file, LESSON.id).says for file in WRONG.glob("*.py")}
    of_a_relayer = {name: says for name, says in said.items() if "batch 1 is" in says}
    assert sorted(of_a_relayer) == sorted([*TWICE, *NEVER])
    for name, says in of_a_relayer.items():
        assert says.endswith("is paid twice" if name in TWICE else "is never paid"), name
        assert "KILLED, restarted" in says or "which was LOST" in says


def test_the_outbox_of_a_run_has_the_six_lines_that_the_lesson_names(tmp_path) -> None:
    arguments = ["--scenario", "first-market", "--seed", "7", "--epochs", "3", "--settlement", "memory", "--headless"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    [log] = tmp_path.rglob(FILE)
    rows = [line for line in map(json.loads, lines(log)) if line[0] == "row"]
    batches = {line[1] for line in rows}
    assert batches == {0, 1}
    for batch in batches:
        steps = [f"{step} and told" if told else step for _, number, step, told, *_ in rows if number == batch]
        assert steps == ["ready", "prepared", "sent", "mined", "settled", "settled and told"]
        named = ", ".join(steps[:-1]) + f", and {steps[-1]}"
        assert named in " ".join(LESSON.body.split())
        signed = [len(line) > 8 and bool(line[8]) for line in rows if line[1] == batch]
        assert signed.index(True) == steps.index("prepared") < steps.index("sent")
