# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""A lesson checked from the page gives what `lesson check` gives: the same verdict, the same progress."""

from __future__ import annotations

import re
from pathlib import Path

from market_sim.course.progress import Progress
from tests.conftest import ROOT
from tests.unit.ui.web.conftest import LESSON, answers, folders, small_run, visitor

PAGE = f"/lessons/{LESSON}"


def send(visitor, code):
    edition = re.search(r'name="edition" value="(\w+)"', visitor.get(PAGE).text)[1]
    return visitor.post(f"{PAGE}/answer", {"code": code, "edition": edition, "then": "check"})


def test_from_the_starter_to_a_pass(visitor, answers, folders):
    visitor.post(f"{PAGE}/begin")
    starter = (ROOT / "lessons" / LESSON / "starter.py").read_text()
    assert send(visitor, starter).headers["Location"] == f"{PAGE}#result"
    page = visitor.get(PAGE).text
    assert "public checks 0/5, 0 of 10 points" in page
    assert page.count("✖ failed") == 5
    assert "pass the" not in page
    replay = re.search(r'href="(/runs/[^"]+)">open the replay', page)[1].replace("&amp;", "&")
    assert visitor.get(replay).status_code == 200
    assert "The model solution</summary>" not in page

    solution = (ROOT / "lessons" / LESSON / "solution.py").read_text()
    send(visitor, solution)
    page = visitor.get(PAGE).text
    assert "public checks 5/5, 10 of 10 points" in page
    assert "all tests" not in page
    assert "The model solution</summary>" in page
    assert "<h2>Debrief</h2>" in page
    assert "✔ passed" in visitor.get("/").text
    kept = Progress(Path(folders["ANSWERS"])).lessons[LESSON]
    assert (kept.tries, kept.best, kept.passed) == (2, 10, True)


def test_an_answer_that_hangs_or_lies_costs_its_own_points_only(visitor):
    visitor.post(f"{PAGE}/begin")
    send(visitor, 'import os\nprint("5 passed")\nos._exit(0)\n')
    page = visitor.get(PAGE).text
    assert "public checks 0/5, 0 of 10 points" in page
    assert visitor.get("/").status_code == 200
