"""A lesson on the site, step by step, with the functions of the command line behind it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from market_sim.course.commands import lesson_hint
from market_sim.ui.web.lesson_desk import MOST_CHECKS_AT_ONCE
from tests.conftest import ROOT
from tests.unit.ui.web.conftest import LESSON

PAGE = f"/lessons/{LESSON}"


def edition(visitor):
    return re.search(r'name="edition" value="(\w+)"', visitor.get(PAGE).text)[1]


def send(visitor, code, then="save", **more):
    return visitor.post(f"{PAGE}/answer", {"code": code, "edition": edition(visitor), "then": then, **more})


@pytest.fixture
def begun(visitor):
    assert visitor.post(f"{PAGE}/begin").status_code == 303
    return visitor


def test_the_map_shows_every_lesson_with_its_state(visitor):
    page = visitor.get("/").text
    assert f'href="{PAGE}"' in page
    assert "○ not begun" in page
    assert "0/10 points (0 %)" in page


def test_a_broken_lesson_says_what_is_wrong_and_leaves_the_others(visitor, folders):
    broken = Path(folders["LESSONS"]) / "02-broken"
    broken.mkdir()
    (broken / "lesson.md").write_text("---\nid: 02\n---\n")
    page = visitor.get("/").text
    assert "02-broken/lesson.md, line 2" in page
    assert f'href="{PAGE}"' in page
    answer = visitor.get("/lessons/02-broken")
    assert answer.status_code == 422
    assert folders["LESSONS"] not in answer.text


def test_a_site_without_a_course_says_so(visitor, folders):
    shutil.rmtree(folders["LESSONS"])
    assert "there is no folder" in visitor.get("/").text


def test_the_prediction_is_locked_before_the_run(visitor):
    assert 'id="chart"' not in visitor.get(PAGE).text
    assert visitor.post(f"{PAGE}/look").status_code == 422
    assert visitor.post(f"{PAGE}/look", {"choice": "no such choice"}).status_code == 422
    choice = re.search(r'name="choice" value="([^"]+)"', visitor.get(PAGE).text)[1]
    started = visitor.post(f"{PAGE}/look", {"choice": choice})
    assert started.headers["Location"].startswith("/live/")
    locked = visitor.get(PAGE).text
    assert f"<strong>{choice}</strong>" in locked
    assert 'name="choice"' not in locked
    other = next(one for one in re.findall(r'value="([^"]+)"', visitor.get(PAGE).text) if one != choice)
    visitor.post(f"{PAGE}/look", {"choice": other})
    assert f"<strong>{choice}</strong>" in visitor.get(PAGE).text


def test_the_outcome_is_not_told_before_passing(visitor):
    page = visitor.get(PAGE).text
    assert "It turned out" not in page
    assert "Debrief" not in page
    assert "The model solution</summary>" not in page


def test_beginning_copies_the_starter_and_never_twice(begun, answers):
    mine = answers / f"{LESSON}.py"
    assert mine.read_text() == (ROOT / "lessons" / LESSON / "starter.py").read_text()
    mine.write_text("x = 1\n")
    begun.post(f"{PAGE}/begin")
    assert mine.read_text() == "x = 1\n"


def test_saving_writes_the_file_with_plain_line_ends(begun, answers):
    send(begun, "def queue():\r\n    return '<é>'\r\n")
    assert (answers / f"{LESSON}.py").read_bytes() == "def queue():\n    return '<é>'\n".encode()
    assert "return &#39;&lt;é&gt;&#39;" in begun.get(PAGE).text


def test_a_change_in_the_editor_is_never_overwritten(begun, answers):
    old = edition(begun)
    mine = answers / f"{LESSON}.py"
    mine.write_text("mine = 1\n")
    begun.post(f"{PAGE}/answer", {"code": "from the page", "edition": old, "then": "save"})
    assert mine.read_text() == "mine = 1\n"
    assert "was changed outside this page" in begun.get(PAGE).text


def test_an_answer_with_a_zero_byte_is_refused(begun, answers):
    before = (answers / f"{LESSON}.py").read_bytes()
    send(begun, "x\0y")
    assert (answers / f"{LESSON}.py").read_bytes() == before


def test_an_answer_that_is_no_text_is_said_to_be_none(begun, answers):
    (answers / f"{LESSON}.py").write_bytes(b"\xff\xfe\x00")
    answer = begun.get(PAGE)
    assert answer.status_code == 422
    assert str(answers) not in answer.text


def test_hints_come_one_at_a_time_and_are_shared_with_the_command_line(visitor, folders, answers, capsys):
    page = visitor.get(PAGE).text
    assert "Show hint 1 of 3" in page
    visitor.post(f"{PAGE}/hint", {"task": "1"})
    page = visitor.get(PAGE).text
    assert "Show hint 2 of 3" in page
    assert page.count("Show hint 1 of 3") == 1
    import sys

    lesson_hint(LESSON, sys.stdout, 1, Path(folders["LESSONS"]), answers)
    assert "hint 2 of 3" in capsys.readouterr().out
    assert "Show hint 3 of 3" in visitor.get(PAGE).text
    visitor.post(f"{PAGE}/hint", {"task": "1"})
    visitor.post(f"{PAGE}/hint", {"task": "1"})
    assert visitor.get(PAGE).text.count("Show hint") == 1
    for task in ("9", "", "x", "1 OR 1"):
        assert visitor.post(f"{PAGE}/hint", {"task": task}).status_code == 422


def test_beginning_anew_asks_first_and_keeps_the_old_answer(begun, answers):
    send(begun, "old = 1\n")
    asked = begun.get(f"{PAGE}/reset").text
    assert "Begin anew" in asked
    assert (answers / f"{LESSON}.py").read_text() == "old = 1\n"
    begun.post(f"{PAGE}/reset")
    assert (answers / f"{LESSON}.py.old").read_text() == "old = 1\n"
    assert "def queue" in (answers / f"{LESSON}.py").read_text()


def test_too_many_checks_at_once_are_asked_to_wait(begun):
    desk = begun.app.extensions["desk"]
    for _ in range(MOST_CHECKS_AT_ONCE):
        desk._places.acquire()
    answer = begun.post(f"{PAGE}/check")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
