"""A lesson on the site, step by step, with the functions of the command line behind it."""

from __future__ import annotations

import io
import os
import re
import shutil
from pathlib import Path

import pytest

from market_sim.course.catalogue import find_lesson
from market_sim.course.commands import lesson_hint, lesson_read
from market_sim.course.progress import Progress
from market_sim.course.verdict import CheckVerdict, Verdict
from market_sim.ui.web.lesson_service import MOST_CHECKS_AT_ONCE
from tests.conftest import PATIENCE, ROOT
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
    (broken / "lesson.md").write_text("+++\nid = 02\n+++\n")
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
    refused = begun.post(f"{PAGE}/answer", {"code": "from the page", "edition": old, "then": "save"})
    assert refused.status_code == 409
    assert mine.read_text() == "mine = 1\n"
    assert "was changed outside this page" in refused.text
    assert "from the page</textarea>" in refused.text, "what was typed is still there"


@pytest.mark.parametrize(
    ("action", "more"), [("hint", {"task": "1"}), ("check", {}), ("look", {"choice": "about half"})]
)
def test_another_button_saves_what_stands_in_the_editor(begun, answers, action, more):
    typed = {"code": "def queue(waiting, side):\n    return 42\n", "edition": edition(begun), **more}
    answer = begun.post(f"{PAGE}/{action}", typed)
    assert answer.status_code == 303
    assert (answers / f"{LESSON}.py").read_text() == typed["code"]
    assert "return 42" in begun.get(PAGE).text


@pytest.mark.parametrize(
    ("action", "more"), [("hint", {"task": "1"}), ("check", {}), ("look", {"choice": "about half"})]
)
def test_what_cannot_be_saved_comes_back_whichever_button_sent_it(begun, answers, action, more):
    old = edition(begun)
    (answers / f"{LESSON}.py").write_text("mine = 1\n")
    refused = begun.post(f"{PAGE}/{action}", {"code": "typed = 1", "edition": old, **more})
    assert refused.status_code == 409
    assert "typed = 1</textarea>" in refused.text
    assert (answers / f"{LESSON}.py").read_text() == "mine = 1\n"


def test_the_hint_button_belongs_to_the_form_of_the_editor(begun):
    button = re.search(r"<button[^>]*>Show hint 1 of 3", begun.get(PAGE).text)[0]
    assert 'form="answer-form"' in button
    assert f'formaction="{PAGE}/hint"' in button


def passed(lesson):
    check = CheckVerdict("test_it", "it", 1, lesson.points, lesson.points, "passed")
    return Verdict(lesson.id, lesson.title, "I1", "I1", (check,))


def test_what_tells_how_the_run_goes_is_closed_before_the_prediction_is_locked(visitor, folders, answers):
    course = Path(folders["LESSONS"])
    lesson = find_lesson(course, LESSON)

    def told():
        """How many of the look, the debrief and the outcome the page and the terminal tell."""
        out = io.StringIO()
        lesson_read(LESSON, out, course, answers)
        parts = ("when bad news arrives", "of them ever traded", "It turned out")
        return [
            sum(part in " ".join(text.split()) for part in parts) for text in (visitor.get(PAGE).text, out.getvalue())
        ]

    assert told() == [0, 0]
    Progress(answers).predict(lesson, "about half")
    assert told() == [1, 1]
    Progress(answers).tried(lesson, passed(lesson))
    assert told() == [3, 3]


def test_words_of_the_glossary_are_linked_where_they_stand_first(visitor):
    page = visitor.get(PAGE).text
    [link] = re.findall(r'<a href="/glossary#order-book"[^>]*>order book</a>', page)
    assert 'title="The orders of one instrument that wait' in link
    anchors = set(re.findall(r'href="/glossary#([^"]+)"', page))
    assert anchors <= set(re.findall(r'id="([^"]+)"', visitor.get("/glossary").text)), "each link leads to its word"


def test_the_map_says_where_to_start_and_a_passed_lesson_leads_on(visitor, folders, answers):
    course = Path(folders["LESSONS"])
    shutil.copytree(ROOT / "lessons" / "02-market-maker", course / "02-market-maker")
    assert visitor.get("/").text.count("start here") == 1
    assert 'The lesson after this: <a href="/lessons/02-market-maker">' in visitor.get(PAGE).text
    lesson = find_lesson(course, LESSON)
    Progress(answers).tried(lesson, passed(lesson))
    assert 'Next lesson: <a href="/lessons/02-market-maker">' in visitor.get(PAGE).text
    page = visitor.get("/").text
    assert page.index("go on here") > page.index("/lessons/02-market-maker")


def test_an_answer_that_cannot_be_loaded_is_told_once_on_the_page(begun):
    said = "loading your answer raised SyntaxError in line 3 of 01-order-book.py: '(' was never closed"
    checks = tuple(CheckVerdict(f"test_{name}", name, 1, 2, 0, "failed", said, "a hint") for name in "abc")
    begun.app.extensions["lessons"].notebook.keep(LESSON, Verdict(LESSON, "x", "I1", "I1", checks))
    page = begun.get(PAGE).text
    assert page.count("SyntaxError") == 1
    assert page.count("✖ failed") == 3


OWN = """
from dataclasses import dataclass
from market_sim import Noise, Scenario, Stock, dollars

@dataclass(frozen=True)
class Quiet(Scenario):
    "Two traders and nobody else."
    name = "quiet"

    def build(self, world):
        world.list(Stock("ACME"), value=dollars(100))
        for number in range(2):
            world.join(f"noise-{number}", Noise(), cash=dollars(1_000), holdings={"ACME": 20})
"""


def test_a_lesson_with_a_scenario_of_its_own_is_played_from_its_file(visitor, folders):
    page = Path(folders["LESSONS"]) / LESSON / "lesson.md"
    look = '[look]\nscenario = "scenario.py"\nseed = 7\nepochs = 1\n\n'
    page.write_text(re.sub(r"\[look\]\n.*?\n\n", look, page.read_text(), count=1, flags=re.DOTALL))
    page.with_name("scenario.py").write_text(OWN)
    started = visitor.post(f"{PAGE}/look", {"choice": "about half"})
    number = int(started.headers["Location"].rpartition("/")[2])
    job = visitor.app.extensions["jobs"].find(number)
    list(job.since(0, PATIENCE))
    assert job.run == f"lesson-{LESSON}", job.notes
    assert 'id="chart"' in visitor.get(PAGE).text
    service = visitor.app.extensions["lessons"]
    run = service.run(service.lesson(LESSON))
    assert run.start.scenario == "quiet"
    later = page.with_name("scenario.py").stat().st_mtime + 100
    os.utime(page.with_name("scenario.py"), (later, later))
    assert service.run(service.lesson(LESSON)) is None, "a run of an older file is not that of the lesson"


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
    service = begun.app.extensions["lessons"]
    for _ in range(MOST_CHECKS_AT_ONCE):
        service._places.acquire()
    answer = begun.post(f"{PAGE}/check")
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
