"""A class is graded in parallel, fairly and resumably, with hidden checks that stay hidden."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from market_sim.core.errors import InputError
from market_sim.core.invocation import pytest as typed
from market_sim.core.invocation import python
from market_sim.course.commands import grade
from market_sim.course.gradebook import COLUMNS
from market_sim.course.judging import Judging
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="student code is kept apart on POSIX systems only")

LESSON = "01-order-book"
HIDDEN = """
import pytest

@pytest.mark.points(5, task=1, hint="think of an empty book")
def test_secret_case(student, seed):
    "an empty book has an empty queue"
    assert student.call("queue", [], "buy") == [], f"the hidden sentence, seed {seed}"
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "lessons"
    shutil.copytree(ROOT / "lessons" / LESSON, folder / LESSON)
    return folder


@pytest.fixture(scope="module")
def checks_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("instructor")
    (folder / LESSON).mkdir()
    (folder / LESSON / "checks.py").write_text(HIDDEN)
    (folder / "salt.txt").write_text("pepper\n")
    return folder


def submissions(place: Path, **answers: Path) -> Path:
    for student, answer in answers.items():
        (place / "in" / student).mkdir(parents=True)
        shutil.copyfile(answer, place / "in" / student / f"{LESSON}.py")
    return place / "in"


def rows(table: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))


def graded(place: Path, course: Path, how: Judging | None = None) -> list[dict[str, str]]:
    how = how or Judging("I1")
    table = place / "grades.csv"
    assert grade(place / "in", table, io.StringIO(), io.StringIO(), place / "out", course, how) == 0
    return rows(table)


def test_hidden_checks_count_and_are_not_told(tmp_path, course, checks_dir):
    folder = course / LESSON
    submissions(tmp_path, good=folder / "solution.py", bad=folder / "wrong" / "own_price.py")
    (tmp_path / "in" / "absent").mkdir()
    found = {row["student"]: row for row in graded(tmp_path, course, Judging("I1", checks_dir=checks_dir))}
    assert tuple(found["good"]) == COLUMNS
    wanted = ("score", "maximum", "visible", "hidden", "status")
    assert [found["good"][name] for name in wanted] == ["15", "15", "10", "5", "passed"]
    assert [found["bad"][name] for name in wanted] == ["8", "15", "3", "5", "partial"]
    assert [found["absent"][name] for name in wanted] == ["0", "15", "0", "0", "missing"]
    assert len({row["checks"] for row in found.values()}) == 1
    document = json.loads((tmp_path / "out" / "good" / f"{LESSON}.json").read_text())
    (hidden,) = [test for test in document["tests"] if test["visibility"] == "after_published"]
    assert (hidden["score"], hidden["max_score"], hidden["output"]) == (5, 5, "")
    (check,) = [one for one in document["extra_data"]["verdict"]["checks"] if not one["visible"]]
    assert (check["seed"], check["again"], check["printed"]) == (None, "", "")


def test_a_failed_hidden_check_gives_its_hint_and_no_more(tmp_path, course, checks_dir):
    answer = tmp_path / "answer.py"
    answer.write_text((course / LESSON / "solution.py").read_text() + "\n_queue = queue\n"
                      "def queue(waiting, side):\n    return _queue(waiting, side) or [0]\n")  # fmt: skip
    submissions(tmp_path, eve=answer)
    graded(tmp_path, course, Judging("I1", checks_dir=checks_dir))
    document = json.loads((tmp_path / "out" / "eve" / f"{LESSON}.json").read_text())
    hidden = next(test for test in document["tests"] if test["visibility"] == "after_published")
    assert (hidden["status"], hidden["output"]) == ("failed", "hint: think of an empty book")


def everything_written(place: Path, *said: str) -> str:
    """All documents of a grading, and what the terminal said."""
    return "\n".join([*said, *(file.read_text() for file in sorted((place / "out").rglob("*.json")))])


def test_no_document_tells_what_a_hidden_check_asks_or_says(tmp_path, course, checks_dir):
    submissions(tmp_path, bad=course / LESSON / "starter.py", good=course / LESSON / "solution.py")
    out = io.StringIO()
    how = Judging("I1", checks_dir=checks_dir)
    assert grade(tmp_path / "in", tmp_path / "grades.csv", out, out, tmp_path / "out", course, how) == 0
    text = everything_written(tmp_path, out.getvalue(), (tmp_path / "grades.csv").read_text())
    for kept in ("the hidden sentence", "pepper", "student.call"):
        assert kept not in text
    for file in (tmp_path / "out").rglob("*.json"):
        shown = json.loads(file.read_text())
        assert "1 more check, 5 points, run at grading" in shown["output"]
        told = [test for test in shown["tests"] if test["visibility"] == "visible"]
        assert "secret" not in json.dumps(told)


@pytest.fixture(scope="module")
def careless(tmp_path_factory):
    """Hidden checks of which one has a fault of its own."""
    folder = tmp_path_factory.mktemp("careless")
    (folder / LESSON).mkdir()
    wrong = '@pytest.mark.points(3, task=1, hint="h")\ndef test_typo(student):\n    "x"\n    assert sudent, "m"\n'
    (folder / LESSON / "checks.py").write_text(f"{HIDDEN}\n\n{wrong}")
    return folder


def test_a_fault_of_a_check_is_the_instructors_and_charged_to_nobody(tmp_path, course, careless):
    submissions(tmp_path, good=course / LESSON / "solution.py")
    (tmp_path / "in" / "absent").mkdir()
    how, out = Judging("I1", checks_dir=careless), io.StringIO()
    given = (tmp_path / "in", tmp_path / "grades.csv", out, out, tmp_path / "out", course, how)
    assert grade(*given, lessons=[LESSON]) == 1
    line = (careless / LESSON / "checks.py").read_text().splitlines().index('    assert sudent, "m"') + 1
    assert f"hidden check test_typo does not count: checks.py, line {line}: NameError; the check" in out.getvalue()
    absent, good = rows(tmp_path / "grades.csv")
    assert [good[name] for name in ("score", "maximum", "status")] == ["15", "15", "broken check"]
    assert [absent[name] for name in ("score", "maximum", "status")] == ["0", "15", "missing"]
    assert grade(*given, lessons=[LESSON]) == 1, "nothing is judged again, and still grading did not work"


def test_misnamed_files_are_named(tmp_path, course):
    submissions(tmp_path, good=course / LESSON / "solution.py")
    for place in ("ann/01_order_book.py", "bob/answers/01-order-book.py", "stray.py"):
        file = tmp_path / "in" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
    out = io.StringIO()
    assert grade(tmp_path / "in", tmp_path / "grades.csv", out, out, tmp_path / "out", course, Judging("I1")) == 0
    assert "ann/01_order_book.py was not graded: it is no answer to a lesson; did you mean 01-order-book.py?" in (
        out.getvalue()
    )
    assert "stray.py was not graded" in out.getvalue()
    status = {row["student"]: row["status"] for row in rows(tmp_path / "grades.csv")}
    assert status == {"ann": "misnamed", "bob": "misnamed", "good": "passed"}
    document = json.loads((tmp_path / "out" / "ann" / f"{LESSON}.json").read_text())
    assert "ann/01_order_book.py is there" in document["output"]


def test_hidden_checks_that_are_not_there_are_refused_before_anybody_is_graded(tmp_path, course):
    submissions(tmp_path, ann=course / LESSON / "solution.py")
    with pytest.raises(InputError, match=r"there is no folder .*nowhere with hidden checks"):
        graded(tmp_path, course, Judging("I1", checks_dir=tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty holds no checks of 01-order-book; expected .*LESSON/checks.py"):
        graded(tmp_path, course, Judging("I1", checks_dir=tmp_path / "empty"))
    assert not (tmp_path / "grades.csv").exists()


def test_grading_twice_gives_the_same_table_and_judges_nothing_again(tmp_path, course):
    submissions(tmp_path, ann=course / LESSON / "solution.py")
    first = graded(tmp_path, course)
    out = io.StringIO()
    grade(tmp_path / "in", tmp_path / "again.csv", out, io.StringIO(), tmp_path / "out", course, Judging("I1"))
    assert "0 judged now, 1 known from before" in out.getvalue()
    assert rows(tmp_path / "again.csv") == first
    (tmp_path / "in" / "ann" / f"{LESSON}.py").write_text("def queue(waiting, side):\n    return []\n")
    assert graded(tmp_path, course)[0]["score"] != first[0]["score"], "a new answer is judged again"


def test_names_that_are_formulas_and_answers_that_are_links(tmp_path, course):
    secret = tmp_path / "secret.py"
    secret.write_text("password = 'hunter2'\n")
    submissions(tmp_path, ann=course / LESSON / "solution.py")
    (tmp_path / "in" / "=cmd()").mkdir()
    (tmp_path / "in" / "=cmd()" / f"{LESSON}.py").symlink_to(secret)
    found = graded(tmp_path, course)
    assert [(row["student"], row["score"]) for row in found] == [("'=cmd()", "0"), ("ann", "10")]
    assert "hunter2" not in (tmp_path / "out" / "=cmd()" / f"{LESSON}.json").read_text()


@dataclass(frozen=True)
class Interrupted:
    """A class whose grading was killed in the middle, and the same class graded in one go."""

    judged_before: dict[str, bytes]
    table_before: bool
    judged_before_and_seen_again: dict[str, bytes]
    table: bytes
    table_in_one_go: bytes
    seconds: list[float]


def killed_and_resumed(level: str) -> Interrupted:
    """Grade, let the grader be killed with the first verdict, grade again; and the same without a kill."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        course = place / "lessons"
        folder = Path(shutil.copytree(ROOT / "lessons" / LESSON, course / LESSON))
        wrong = sorted((folder / "wrong").glob("*.py"))
        answers = {f"student-{number}": (folder / "solution.py", *wrong)[number] for number in range(5)}
        submissions(place, **answers)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        program = [sys.executable, "-c", GRADER, str(place), str(course), level]
        died = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr

        def verdicts() -> dict[str, bytes]:
            return {str(file.relative_to(place)): file.read_bytes() for file in (place / "out").glob("*/*.json")}

        before, there = verdicts(), (place / "grades.csv").exists()
        graded(place, course, Judging(level))
        after = verdicts()
        (place / "whole").mkdir()
        submissions(place / "whole", **answers)
        graded(place / "whole", course, Judging(level))
        return Interrupted(
            before,
            there,
            {file: after[file] for file in before},
            (place / "grades.csv").read_bytes(),
            (place / "whole" / "grades.csv").read_bytes(),
            [json.loads(text)["execution_time"] for text in after.values()],
        )


GRADER = """
import os, signal, sys
from pathlib import Path
from market_sim.course import gradebook
from market_sim.course.commands import grade
from market_sim.course.judging import Judging

write = gradebook._write

def dying(file, text):
    write(file, text)
    os.kill(os.getpid(), signal.SIGKILL)

gradebook._write = dying  # from outside the kill might come after the last verdict
place, course = map(Path, sys.argv[1:3])
grade(place / "in", place / "grades.csv", sys.stdout, sys.stderr, place / "out", course, Judging(sys.argv[3]))
"""


def test_a_class_that_was_killed_goes_on_and_comes_to_the_same_table():
    found = killed_and_resumed("I1")
    assert 1 <= len(found.judged_before) < 5, "the kill came in the middle"
    assert not found.table_before
    assert found.judged_before_and_seen_again == found.judged_before, "what was known was not judged again"
    assert found.table == found.table_in_one_go
    assert len(found.seconds) == 5
    assert min(found.seconds) > 0, "it is measured all the same"


@pytest.mark.parametrize("broken", ["", "{", '{"extra_data": {}}', "[]"])
def test_a_torn_verdict_counts_as_none(tmp_path, course, broken):
    submissions(tmp_path)
    (tmp_path / "in" / "ann").mkdir(parents=True)
    document = tmp_path / "out" / "ann" / f"{LESSON}.json"
    document.parent.mkdir(parents=True)
    document.write_text(broken)
    table, nowhere = tmp_path / "grades.csv", io.StringIO()
    grade(tmp_path / "in", table, nowhere, nowhere, tmp_path / "out", course, Judging("I1"), lessons=[LESSON])
    assert rows(table)[0]["status"] == "missing"
    assert "extra_data" in json.loads(document.read_text())


def test_an_empty_class_is_a_mistake_with_a_sentence(tmp_path, course):
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match=r"expected SUBMISSIONS/STUDENT/LESSON.py"):
        graded(tmp_path, course)


@pytest.mark.thorough
def test_pytest_itself_grades_and_says_how_to_ask(tmp_path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"lessons/{LESSON}"]
    answer = ["--student", f"lessons/{LESSON}/wrong/last_first.py", "--replays", str(tmp_path), "--isolation", "I1"]
    with ThreadPoolExecutor(2) as both:
        asked, ran = both.map(
            lambda more: subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, check=False),
            ([], answer),
        )
    assert "--student answers/" in asked.stdout + asked.stderr
    assert ran.returncode == 1
    assert "order 9 came last and was served first" in ran.stdout
    assert "public checks 3/5, 6 of 10 points" in ran.stdout
    assert "seed " in ran.stdout and f"again: {typed('lessons/01-order-book')}" in ran.stdout
    assert "assert" not in ran.stdout, "the source of a check is not shown"
    (film,) = tmp_path.iterdir()
    assert f"replay: /runs/{film.name}?event=" in ran.stdout
    assert f"{python('serve', '--out', tmp_path.as_posix())})\n" in ran.stdout
    assert (film / "journal.jsonl.gz").is_file()
