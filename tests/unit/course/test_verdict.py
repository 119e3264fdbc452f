"""A verdict is told honestly and in every format with the same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market_sim.core.invocation import python
from market_sim.course.verdict import Announced, CheckVerdict, Verdict, gradescope, lines, number, read, total, written

RIGHT = CheckVerdict("test_a", "a is right", 1, 2, 2, "passed")
HALF = CheckVerdict("test_b", "b is right", 1, 3, 1.5, "partial", "1 of 2", "think", seed=7, again="pytest x -k test_b")
HIDDEN = CheckVerdict("test_c", "c is right", 1, 5, 0, "failed", "expected the secret", "a hint", visible=False)


def verdict(*checks, **more):
    return Verdict("01-order-book", "Who?", "I1: a process", "I1", checks, **more)


def test_a_verdict_survives_its_json():
    one = verdict(RIGHT, HALF, HIDDEN, announced=Announced(4, 5))
    assert read(written(one)) == one


def test_points_add_up_without_noise():
    assert total([0.1] * 3) == 0.3
    assert [number(points) for points in (4.0, 2.5, 1.333)] == ["4", "2.5", "1.33"]
    assert verdict(RIGHT, HALF).earned == 3.5


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (verdict(RIGHT), "public checks 1/1, 2 of 2 points; your instructor may run more checks at grading"),
        (
            verdict(RIGHT, announced=Announced(4, 5)),
            "public checks 1/1, 2 of 2 points; 4 more checks, 5 points, run at grading, on other seeds",
        ),
        (
            verdict(RIGHT, HIDDEN),
            "public checks 1/1, 2 of 2 points; 1 more check, 5 points, run at grading, on other seeds",
        ),
    ],
)
def test_the_last_line_never_says_that_everything_is_right(one, said):
    assert said in one.summary()
    assert not any("all tests passed" in line for line in lines(one))


def test_a_student_is_told_reason_hint_seed_and_how_to_repeat_it():
    told = "\n".join(lines(verdict(RIGHT, HALF)))
    for part in ("1.5/3", "1 of 2", "hint: think", "seed 7", "again: pytest x -k test_b", "isolation I1"):
        assert part in told


def test_of_a_hidden_check_a_student_sees_its_hint_at_most():
    told = "\n".join(lines(verdict(RIGHT, HIDDEN)))
    assert "a hint" in told
    for kept in ("secret", "c is right", "test_c", "0 of 5", "0/5"):
        assert kept not in told


def test_what_a_student_may_see_holds_no_result_of_a_hidden_check():
    text = written(verdict(RIGHT, HIDDEN).public)
    assert read(text).announced == Announced(1, 5)
    for kept in ("secret", "c is right", "test_c", "a hint"):
        assert kept not in text
    output = gradescope(verdict(RIGHT, HIDDEN), 1, {})["output"]
    assert output == verdict(RIGHT, HIDDEN).summary()
    assert "0 of 5" not in output


def test_a_check_that_is_at_fault_itself_counts_for_nothing_and_against_nobody():
    one = verdict(RIGHT, HALF.uncounted())
    assert (one.score, one.maximum, one.passed) == (2, 2, True)
    assert "not your answer" in "\n".join(lines(one))
    assert not verdict(HALF.uncounted()).passed, "a pass needs a check that counts"


def test_an_answer_that_cannot_be_loaded_is_told_once():
    said = "loading your answer raised SyntaxError in line 3 of 01-order-book.py: '(' was never closed"
    checks = [CheckVerdict(f"test_{name}", name, 1, 2, 0, "failed", said, "a hint") for name in "abc"]
    told = "\n".join(lines(verdict(*checks)))
    assert told.count("SyntaxError") == 1
    assert "a hint" not in told, "a hint on a check is of no use before the file can be read"
    assert told.count("failed") == 3
    assert verdict(RIGHT, *checks).common_reason == ""


def test_gradescope_gets_every_check_and_hides_the_hidden_ones_until_they_are_published():
    document = gradescope(verdict(RIGHT, HALF, HIDDEN), 1.234, {"key": "x"})
    assert (document["score"], document["execution_time"], document["stdout_visibility"]) == (3.5, 1.23, "hidden")
    assert [test["visibility"] for test in document["tests"]] == ["visible", "visible", "after_published"]
    assert [test["status"] for test in document["tests"]] == ["passed", "failed", "failed"]
    assert [test["output"] for test in document["tests"]] == ["", "1 of 2\nhint: think", "hint: a hint"]
    assert sum(test["max_score"] for test in document["tests"]) == 10


@pytest.mark.parametrize("status", ["protocol error", "crashed", "time limit"])
def test_the_worst_status_is_the_status_of_the_answer(status):
    assert verdict(RIGHT, CheckVerdict("x", "x", 1, 1, 0, status)).status == status


def test_without_a_verdict_the_points_of_the_lesson_are_what_was_possible():
    none = Verdict("01", "x", "", "", possible=10, trouble="no verdict")
    assert (none.score, none.maximum, none.passed, none.status) == (0, 10, False, "no verdict")


@pytest.mark.parametrize(
    ("folder", "event", "told"),
    [
        (
            "results/lesson-7",
            12,
            f"replay: /runs/lesson-7?event=12 (shown by: {python('serve')})",
        ),
        ("results/lesson-7", 0, "/runs/lesson-7?event=0 ("),
        (
            "kept/here/one",
            None,
            f"replay: /runs/one (shown by: {python('serve', '--out', 'kept/here')})",
        ),
    ],
)
def test_a_replay_is_told_by_its_page_and_the_command_that_shows_it(folder, event, told):
    check = CheckVerdict("test_a", "a claim", 1, 4, 0, "failed", replay=folder, event=event)
    shown = lines(Verdict("01-x", "X", "I1", "I1", (check,)))
    [line] = [line.strip() for line in shown if "replay" in line]
    assert told in line
    assert "5000" not in line, "nobody knows the port before the site is started"


def test_without_a_replay_there_is_no_page():
    assert CheckVerdict("test_a", "a claim", 1, 4, 0, "failed").page == ""


def test_as_long_as_a_check_fails_at_most_three_fifths_of_the_points_count():
    nearly = CheckVerdict("test_c", "c is right", 1, 5, 4.9, "partial", "of 100 cases 98 are right")
    told = verdict(CheckVerdict("test_a", "a is right", 1, 5, 5, "passed"), nearly)
    assert (told.earned, told.score) == (9.9, 6)
    assert "public checks 1/2, 6 of 10 points (9.9 were earned, but as long as a check fails at most 60 % count)" in (
        told.summary()
    )
    everything = verdict(replace(nearly, earned=5, status="passed"))
    assert (everything.score, "were earned" in everything.summary()) == (5, False)
    hidden = verdict(replace(nearly, earned=5, status="passed"), replace(nearly, earned=0, visible=False))
    assert hidden.score == 5, "more than three fifths were never earned"
