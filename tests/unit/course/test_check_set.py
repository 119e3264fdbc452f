"""What a verdict depends on is in the check_set's digest, and what was announced must be there."""

from __future__ import annotations

import shutil

import pytest

from market_sim.core.errors import InputError
from market_sim.course.check_set import CheckSet
from market_sim.course.lesson import load_lesson
from tests.conftest import ROOT

LESSON = "01-order-book"
HIDDEN = '@pytest.mark.points(5, task=1, hint="h")\ndef test_secret(student):\n    "claim"\n'


@pytest.fixture
def place(tmp_path):
    shutil.copytree(ROOT / "lessons" / LESSON, tmp_path / LESSON)
    (tmp_path / "hidden" / LESSON).mkdir(parents=True)
    (tmp_path / "hidden" / LESSON / "checks.py").write_text(HIDDEN)
    (tmp_path / "hidden" / "salt.txt").write_text("salt")
    return tmp_path


def check_set(place, hidden=True):
    return CheckSet.of(load_lesson(place / LESSON), place / "hidden" if hidden else None)


@pytest.mark.parametrize(
    "file",
    [
        f"{LESSON}/scenario.py",
        f"{LESSON}/checks.py",
        f"{LESSON}/tables/prices.csv",
        f"{LESSON}/solution.py",
        f"hidden/{LESSON}/checks.py",
        f"hidden/{LESSON}/cases.json",
        "hidden/salt.txt",
    ],
)
def test_every_file_that_judging_reads_is_in_the_digest(place, file):
    before = check_set(place).digest
    (place / file).parent.mkdir(exist_ok=True)
    with (place / file).open("a") as opened:
        opened.write("\n# changed\n")
    assert check_set(place).digest != before


def test_wrong_answers_and_the_starter_are_no_part_of_it(place):
    before = check_set(place).digest
    for file in ("starter.py", "wrong/strict.py"):
        (place / LESSON / file).write_text("changed = 1\n")
    assert check_set(place).digest == before


def test_judges_get_everything_but_the_solution(place):
    (place / LESSON / "prices.csv").write_text("1,2\n")
    with check_set(place).laid_out() as (lesson, hidden):
        assert (lesson.folder / "prices.csv").read_text() == "1,2\n"
        assert not (lesson.folder / "solution.py").exists()
        assert (hidden / LESSON / "checks.py").read_text() == HIDDEN


def test_a_lesson_without_hidden_checks_is_judged_beside_one_that_has_some(place):
    (place / "hidden" / LESSON).rename(place / "hidden" / "99-another")
    (place / "hidden" / "salt.txt").unlink()
    assert check_set(place).maximum == 10
    with check_set(place).laid_out() as (_, hidden):
        assert hidden.is_dir(), "the judge refuses a folder that is not there"


def test_hidden_points_are_a_part_of_the_maximum(place):
    assert (check_set(place).maximum, check_set(place, hidden=False).maximum) == (15, 10)


def test_announced_checks_that_are_not_there_are_refused(place):
    page = place / LESSON / "lesson.md"
    page.write_text(page.read_text().replace("points = 10\n", "points = 10\nhidden = { checks = 2, points = 5 }\n"))
    assert check_set(place).maximum == 15
    (place / "hidden" / LESSON / "checks.py").unlink()
    with pytest.raises(InputError, match=r"01-order-book announces 2 hidden checks, and there is no file"):
        check_set(place)


def test_hidden_checks_that_are_no_python_are_refused_with_file_and_line(place):
    (place / "hidden" / LESSON / "checks.py").write_text("def test_it(:\n")
    with pytest.raises(InputError, match=r"hidden/01-order-book/checks.py, line 1: this is not Python"):
        check_set(place)
