"""What lint says of a foreseen wrong answer: its mistake costs the checks that it breaks, and a replay shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_sim.course.catalogue import find_lesson
from market_sim.course.lint import Foreseen, _wrong
from market_sim.course.verdict import CheckVerdict, Verdict
from tests.conftest import ROOT

LESSON = find_lesson(ROOT / "lessons", "01")


def found(earned, replay="results/film"):
    check = CheckVerdict("test_it", "it", 1, 10, earned, "partial", "you did it twice", replay=replay)
    verdict = Verdict(LESSON.id, "", "", "I1", (check,))
    return list(_wrong(LESSON, Foreseen(Path("wrong/twice.py"), "it twice", earned), verdict))


def test_sixty_percent_is_the_most_that_a_foreseen_wrong_answer_gets():
    assert found(6) == []
    [said] = found(6.01)
    assert said.startswith("01-order-book/wrong/twice.py: gets 6.01 of 10 points")
    assert "at most 60%" in said


def test_a_foreseen_wrong_answer_has_a_replay():
    [said] = found(5, replay="")
    assert "no check that fails keeps a replay" in said


@pytest.mark.parametrize("checks", sorted(ROOT.glob("lessons/*/checks.py")), ids=lambda file: file.parent.name)
def test_prices_in_the_sentences_of_checks_are_whole_cents_as_in_the_answers(checks):
    import re

    told = re.findall(r"\b\d+\.\d\d\b", checks.read_text(encoding="utf-8"))
    assert [one for one in told if not one.startswith("0.")] == []
