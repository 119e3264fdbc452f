"""Progress is kept on the student's disk, and what is locked stays locked."""

from __future__ import annotations

import threading

import pytest

from market_sim.core.errors import InputError
from market_sim.course.catalogue import load_course
from market_sim.course.gradebook import escaped
from market_sim.course.progress import FILE, Progress
from market_sim.course.verdict import CheckVerdict, Verdict
from tests.conftest import ROOT

COURSE = load_course(ROOT / "lessons")


def verdict(earned):
    check = CheckVerdict("test_a", "a", 1, 10, earned, "passed" if earned == 10 else "partial")
    return Verdict(COURSE[0].id, "x", "", "I1", (check,))


def test_the_best_try_counts_and_survives_the_next_start(tmp_path):
    for earned in (4, 5.5, 2):
        Progress(tmp_path).tried(COURSE[0], verdict(earned))
    kept = Progress(tmp_path).of(COURSE[0])
    assert (kept.best, kept.tries, kept.passed) == (5.5, 3, False)
    assert Progress(tmp_path).sentence(COURSE[:5]) == "5.5/60 points (9 %), 0 of 5 lessons passed"


def test_a_prediction_is_locked(tmp_path):
    progress = Progress(tmp_path)
    with pytest.raises(InputError, match="the choices are"):
        progress.predict(COURSE[0], "whatever")
    first, second = COURSE[0].prediction.choices[:2]
    progress.predict(COURSE[0], first)
    with pytest.raises(InputError, match="your prediction is locked"):
        Progress(tmp_path).predict(COURSE[0], second)


def test_hints_come_one_at_a_time_and_end(tmp_path):
    shown = [Progress(tmp_path).next_hint(COURSE[0], 1) for _ in range(4)]
    assert [one and one[0] for one in shown] == [1, 2, 3, None]


def test_the_solution_is_shown_after_passing_or_after_enough_tries(tmp_path):
    progress = Progress(tmp_path)
    assert not progress.may_see_solution(COURSE[0])
    for _ in range(COURSE[0].tries):
        progress.tried(COURSE[0], verdict(1))
    assert progress.may_see_solution(COURSE[0])
    progress.tried(COURSE[1], verdict(10))
    assert progress.may_see_solution(COURSE[1])


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / FILE).write_text("{" * 200)
    with pytest.raises(InputError, match=r"progress.sqlite is damaged"):
        Progress(tmp_path)


def test_looking_at_progress_writes_nothing(tmp_path):
    Progress(tmp_path / "answers").sentence(COURSE)
    assert not (tmp_path / "answers").exists()


def test_two_programs_at_once_lose_no_try(tmp_path):
    def one_program() -> None:
        for _ in range(10):
            Progress(tmp_path).tried(COURSE[0], verdict(3))

    programs = [threading.Thread(target=one_program) for _ in range(4)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert Progress(tmp_path).of(COURSE[0]).tries == 40


def test_a_prediction_that_was_locked_elsewhere_is_locked_here(tmp_path):
    first, second = COURSE[0].prediction.choices[:2]
    opened_before = Progress(tmp_path)
    Progress(tmp_path).predict(COURSE[0], first)
    with pytest.raises(InputError, match="your prediction is locked"):
        opened_before.predict(COURSE[0], second)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(cell):
    assert escaped(cell) == f"'{cell}"
    assert escaped("alice") == "alice"
