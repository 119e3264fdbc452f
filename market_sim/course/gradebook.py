"""The gradebook: a class graded in parallel, one row for each student and lesson, resumable at any moment.

Each verdict is a file of its own, written wholly or not at all, and it says what it was made from. Grading again skips
what is known, so a run that was killed goes on where it stopped, and the table comes out the same to the last byte.
How long an answer took is a measurement, and stands in the verdict's file only.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.course.catalogue import find_lesson, load_course
from market_sim.course.isolation.levels import best
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson
from market_sim.course.verdict import Verdict, gradescope, number, read, total

COLUMNS = (
    "student", "lesson", "score", "maximum", "visible", "hidden", "status", "isolation", "checks", "version",
)  # fmt: skip
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BAR = 30


@dataclass(frozen=True)
class Classroom:
    """Who is graded, by what, and where it is written."""

    submissions: Path
    table: Path
    documents: Path
    course: Path
    how: Judging
    workers: int = 2
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """What grading a class came to."""

    rows: int
    judged: int
    known: int
    isolation: str


@dataclass(frozen=True)
class Case:
    """One answer of one student to one lesson."""

    student: str
    lesson: Lesson
    answer: Path
    document: Path
    checks: str
    """The digest of the visible and hidden checks."""
    key: str
    """The digest of everything that the verdict depends on."""


@dataclass(frozen=True)
class Kept:
    """A lesson and its hidden checks as they were when grading began.

    Each judge gets a copy of its own, so an answer that overwrites checks on the disk changes nobody's marks.
    """

    lesson: Lesson
    files: tuple[tuple[str, bytes], ...]
    hidden: bool

    @classmethod
    def of(cls, lesson: Lesson, checks_dir: Path | None) -> Kept:
        """Read everything that judging needs."""
        visible = [lesson.folder / name for name in ("lesson.md", "checks.py", "hints.md", "scenario.py")]
        files = [(f"lessons/{lesson.id}/{file.name}", file) for file in visible if file.is_file()]
        if checks_dir is not None:
            secret = [(f"hidden/{lesson.id}/checks.py", checks_dir / lesson.id / "checks.py")]
            secret.append(("hidden/salt.txt", checks_dir / "salt.txt"))
            files += [(name, file) for name, file in secret if file.is_file()]
        return cls(lesson, tuple((name, file.read_bytes()) for name, file in files), checks_dir is not None)

    @contextmanager
    def laid_out(self) -> Iterator[tuple[Lesson, Path | None]]:
        """The lesson and the folder of hidden checks in a folder that only this user may enter."""
        with tempfile.TemporaryDirectory(prefix="judging-") as place:
            for name, data in self.files:
                file = Path(place) / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
            hidden = Path(place) / "hidden" if self.hidden else None
            yield replace(self.lesson, folder=Path(place) / "lessons" / self.lesson.id), hidden


def grade_class(room: Classroom, screen: TextIO) -> Graded:
    """Judge what is not known yet, and write the table."""
    if room.workers < 1:
        raise InputError(f"at least one worker is needed, found {room.workers}")
    isolation = best(room.how.isolation)
    # Found out once, so that all judges use the same level and none has to try.
    room = replace(room, how=replace(room.how, isolation=isolation.name))
    cases = list(_cases(room))
    known = {case.key for case in cases if _known(case) is not None}
    waiting = [case for case in cases if case.key not in known]
    _judge_all(waiting, room, len(cases), screen)
    rows = [_row(case) for case in cases]
    _write(room.table, _table(rows))
    return Graded(len(rows), len(waiting), len(cases) - len(waiting), isolation.sentence)


def _cases(room: Classroom) -> Iterator[Case]:
    if not room.submissions.is_dir():
        raise InputError(f"there is no folder {room.submissions}; expected SUBMISSIONS/STUDENT/LESSON.py")
    students = sorted(one for one in room.submissions.iterdir() if one.is_dir() and not one.name.startswith("."))
    if room.lessons:
        lessons: tuple[Lesson, ...] = tuple(find_lesson(room.course, one) for one in room.lessons)
    else:
        course = load_course(room.course)
        lessons = tuple(one for one in course if any(os.path.lexists(who / f"{one.id}.py") for who in students))
    if not students or not lessons:
        raise InputError(f"{room.submissions} holds no answers; expected SUBMISSIONS/STUDENT/LESSON.py")
    for student in students:
        for lesson in lessons:
            answer = student / f"{lesson.id}.py"
            checks = _digest(lesson.checks, *_hidden(room, lesson))
            settings = f"{room.how.timeout} {room.how.isolation} {VERSION} {lesson.points}"
            key = _digest(answer, lesson.folder / "lesson.md", text=f"{checks} {settings} {student.name}")
            yield Case(student.name, lesson, answer, room.documents / student.name / f"{lesson.id}.json", checks, key)


def _hidden(room: Classroom, lesson: Lesson) -> tuple[Path, ...]:
    if room.how.checks_dir is None:
        return ()
    return (room.how.checks_dir / lesson.id / "checks.py", room.how.checks_dir / "salt.txt")


def _digest(*files: Path, text: str = "") -> str:
    sha = hashlib.sha256(text.encode())
    for file in files:
        data = file.read_bytes() if file.is_file() and not file.is_symlink() else b"none"
        sha.update(len(data).to_bytes(8, "big") + data)
    return sha.hexdigest()[:16]


def _known(case: Case) -> dict[str, Any] | None:
    """The document of a verdict that was made from exactly this; a torn or foreign file counts as none."""
    try:
        document = json.loads(case.document.read_text(encoding="utf-8"))
        return dict(document) if document["extra_data"]["key"] == case.key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _judge_all(cases: list[Case], room: Classroom, all_of_them: int, screen: TextIO) -> None:
    """Judge in parallel; each verdict is on disk before the next one begins."""
    done = all_of_them - len(cases)
    pool = ThreadPoolExecutor(room.workers)
    try:
        kept = {lesson: Kept.of(lesson, room.how.checks_dir) for lesson in {case.lesson for case in cases}}
        running = {pool.submit(_judge, case, kept[case.lesson], room.how): case for case in cases}
        while running:
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for one in ended:
                one.result()
                done += 1
                _progress(screen, done, all_of_them, running.pop(one))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if cases and screen.isatty():
        screen.write("\n")


def _progress(screen: TextIO, done: int, of: int, case: Case) -> None:
    """A bar on a terminal; nothing anywhere else."""
    if screen.isatty():
        full = BAR * done // of
        screen.write(f"\r\033[K[{'#' * full}{'.' * (BAR - full)}] {done}/{of} {case.student} {case.lesson.id}")
        screen.flush()


def _judge(case: Case, kept: Kept, how: Judging) -> None:
    if not os.path.lexists(case.answer):
        verdict, seconds = _missing(case), 0.0
    else:
        with kept.laid_out() as (lesson, checks_dir):
            judged = judge(lesson, case.answer, replace(how, checks_dir=checks_dir))
        verdict, seconds = judged.verdict, judged.seconds
    extra = {"key": case.key, "checks": case.checks, "student": case.student, "version": VERSION}
    document = gradescope(verdict, seconds, extra)
    _write(case.document, json.dumps(document, indent=1, sort_keys=True) + "\n")


def _missing(case: Case) -> Verdict:
    lesson = case.lesson
    return Verdict(lesson.id, lesson.title, "", "", possible=lesson.points, trouble="nothing was handed in")


def _row(case: Case) -> dict[str, str]:
    document = _known(case)
    if document is None:
        raise InputError(f"{case.document} was changed while the class was graded")
    verdict = read(json.dumps(document["extra_data"]["verdict"]))
    return {
        "student": case.student,
        "lesson": case.lesson.id,
        "score": number(verdict.score),
        "maximum": number(verdict.maximum),
        "visible": number(total(check.earned for check in verdict.visible)),
        "hidden": number(total(check.earned for check in verdict.hidden)),
        "status": "missing" if verdict.trouble == "nothing was handed in" else verdict.status,
        "isolation": verdict.level,
        "checks": case.checks,
        "version": VERSION,
    }


def _table(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: escaped(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> escaped("=HYPERLINK(1)"), escaped("alice"), escaped("-1")
    ("'=HYPERLINK(1)", 'alice', "'-1")
    """
    return f"'{cell}" if cell.startswith(BEGINS_A_FORMULA) else cell


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(file.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, file)
