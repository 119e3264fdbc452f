"""Lesson 5 after the crash: its wrong answers pay twice or never, and what it says of the product's outbox is so."""

from __future__ import annotations

import json
import os

import pytest

from market_sim.blockchain.settlement_log import FILE, lines
from market_sim.course.catalogue import find_lesson
from market_sim.course.isolation.levels import best
from market_sim.course.judging import Judging, judge
from market_sim.course.lint import sentences
from market_sim.ui.cli.main import main
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

LESSON = find_lesson(ROOT / "lessons", "05-settlement")
FATES = {
    "number_in_memory": "batch 1 is paid twice",
    "begins_anew": "batch 1 is paid twice",
    "paid_before_sent": "batch 1 is never paid: batch 2 was paid, and nobody comes back to batch 1",
    "believes_the_network": "batch 1 is never paid: batch 2 was paid, and nobody comes back to batch 1",
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", FATES)
def test_a_relayer_that_pays_twice_is_told_apart_from_one_that_never_pays(name: str) -> None:
    answer = LESSON.folder / "wrong" / f"{name}.py"
    [said] = sentences(judge(LESSON, answer, Judging(best("I1").name)).verdict)
    assert said.endswith(FATES[name]), said
    assert "KILLED, restarted" in said or "LOST" in said, "it says at which step it happened"


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
