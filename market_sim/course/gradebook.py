"""The gradebook: grades a class in parallel, one row for each student and lesson, and can be resumed at any time.

Each verdict is a file of its own, written atomically, with a digest of its inputs. Grading again skips verdicts whose
inputs are unchanged, so an interrupted run continues where it stopped, and the table is the same to the byte. The time
that an answer took is in the file of the verdict only.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.course.catalogue import find_lesson, lesson_folders, load_course
from market_sim.course.check_set import CheckSet, Fault, without
from market_sim.course.isolation.levels import best
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson
from market_sim.course.submissions import EXPECTED, Stray, strays, students_in
from market_sim.course.verdict import Verdict, gradescope, number, read, total

COLUMNS = (
    "student", "lesson", "score", "maximum", "visible", "hidden", "status", "isolation", "checks", "version",
)  # fmt: skip
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BAR = 30
NOTHING = "nothing was handed in"


@dataclass(frozen=True)
class Classroom:
    """The parameters of grading: submissions, course, settings, and the files to write."""

    submissions: Path
    table: Path
    documents: Path
    course: Path
    how: Judging
    workers: int = 2
    lessons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graded:
    """The result of grading a class."""

    rows: int
    judged: int
    known: int
    isolation: str
    faults: tuple[str, ...] = ()
    """The broken checks, which cost no student points."""
    remarks: tuple[str, ...] = ()
    """Further remarks for the instructor: files that are no answers, hidden checks that were not run."""


@dataclass(frozen=True)
class Case:
    """One answer of one student to one lesson."""

    student: str
    check_set: CheckSet
    answer: Path
    document: Path
    checks: str
    """The digest of the visible and hidden checks."""
    key: str
    """The digest of everything that the verdict depends on."""
    instead: str = ""
    """A misnamed file that is probably the answer."""

    @property
    def lesson(self) -> Lesson:
        """The lesson of this answer."""
        return self.check_set.lesson


def grade_class(room: Classroom, screen: TextIO) -> Graded:
    """Judge all answers without an up-to-date verdict, and write the table."""
    if room.workers < 1:
        raise InputError(f"at least one worker is needed, found {room.workers}")
    isolation = best(room.how.isolation)
    # Determined once, so that all judges use the same level.
    room = replace(room, how=replace(room.how, isolation=isolation.name))
    check_sets = _check_sets(room)
    found = list(strays(room.submissions, list(lesson_folders(room.course))))
    cases = list(_cases(room, check_sets, found))
    known = {case.key for case in cases if _known(case) is not None}
    waiting = [case for case in cases if case.key not in known]
    faults = _faults(
        room, [check_set for check_set in check_sets if any(one.check_set is check_set for one in waiting)]
    )
    _judge_all(waiting, room, len(cases), screen, faults)
    rows = [_row(case) for case in cases]
    _write(room.table, _table(rows))
    broken = [fault.sentence for one in faults.values() for fault in one.values()] or _broken_before(rows)
    remarks = (*(one.sentence for one in found), *_not_run(room, check_sets))
    return Graded(len(rows), len(waiting), len(cases) - len(waiting), isolation.sentence, tuple(broken), remarks)


def _check_sets(room: Classroom) -> list[CheckSet]:
    """The lessons to grade, with their checks; raises InputError when there is nothing to grade."""
    checks_dir = room.how.checks_dir
    if not room.submissions.is_dir():
        raise InputError(f"there is no folder {room.submissions}; {EXPECTED}")
    if checks_dir is not None and not checks_dir.is_dir():
        raise InputError(f"there is no folder {checks_dir} with hidden checks; expected {checks_dir}/LESSON/checks.py")
    students = students_in(room.submissions)
    if room.lessons:
        lessons = [find_lesson(room.course, one) for one in room.lessons]
    else:
        course = load_course(room.course)
        lessons = [one for one in course if any(os.path.lexists(who / f"{one.id}.py") for who in students)]
    if not students or not lessons:
        told = "; ".join(one.sentence for one in strays(room.submissions, list(lesson_folders(room.course))))
        raise InputError(f"{room.submissions} holds no answers; {told or EXPECTED}")
    if checks_dir is not None and not any((checks_dir / one.id / "checks.py").is_file() for one in lessons):
        names = ", ".join(one.id for one in lessons)
        raise InputError(f"{checks_dir} holds no checks of {names}; expected {checks_dir}/LESSON/checks.py")
    return [CheckSet.of(lesson, checks_dir) for lesson in lessons]


def _faults(room: Classroom, check_sets: list[CheckSet]) -> dict[str, dict[str, Fault]]:
    """The broken checks of each lesson, determined before any answer is judged."""
    with ThreadPoolExecutor(room.workers) as pool:
        found = pool.map(lambda check_set: check_set.faults(room.how), check_sets)
        return {check_set.lesson.id: faults for check_set, faults in zip(check_sets, found, strict=True)}


def _not_run(room: Classroom, check_sets: list[CheckSet]) -> Iterator[str]:
    """A remark for each lesson whose announced hidden checks are not run."""
    for check_set in check_sets:
        told = check_set.lesson.hidden
        if told is not None and room.how.checks_dir is None:
            yield f"{check_set.lesson.id} announces {told.checks} hidden checks; they run with --checks-dir only"


def _broken_before(rows: list[dict[str, str]]) -> list[str]:
    """A sentence for each lesson with a broken check, when all verdicts are from an earlier run."""
    lessons = dict.fromkeys(row["lesson"] for row in rows if row["status"] == "broken check")
    return [f"{lesson}: a check is at fault itself and does not count" for lesson in lessons]


def _cases(room: Classroom, check_sets: list[CheckSet], found: list[Stray]) -> Iterator[Case]:
    settings = f"{room.how.timeout} {room.how.isolation} {VERSION}"
    instead = {(one.student, one.meant): one.file for one in found}
    for student in students_in(room.submissions):
        for check_set in check_sets:
            lesson = check_set.lesson
            answer = student / f"{lesson.id}.py"
            misnamed = "" if os.path.lexists(answer) else instead.get((student.name, lesson.id), "")
            checks = _digest(lesson.checks, *_hidden(room, lesson))
            key = _digest(answer, text=f"{check_set.digest} {settings} {student.name} {misnamed}")
            document = room.documents / student.name / f"{lesson.id}.json"
            yield Case(student.name, check_set, answer, document, checks, key, misnamed)


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
    """The stored verdict with the key of this case; a damaged or foreign file counts as none."""
    try:
        document = json.loads(case.document.read_text(encoding="utf-8"))
        return dict(document) if document["extra_data"]["key"] == case.key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _judge_all(
    cases: list[Case], room: Classroom, all_of_them: int, screen: TextIO, faults: Mapping[str, Mapping[str, Fault]]
) -> None:
    """Judge in parallel; each verdict is written as soon as it is there."""
    done = all_of_them - len(cases)
    pool = ThreadPoolExecutor(room.workers)
    try:
        running = {pool.submit(_judge, case, room.how, faults[case.lesson.id]): case for case in cases}
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
    """Show a progress bar, on a terminal only."""
    if screen.isatty():
        full = BAR * done // of
        screen.write(f"\r\033[K[{'#' * full}{'.' * (BAR - full)}] {done}/{of} {case.student} {case.lesson.id}")
        screen.flush()


def _judge(case: Case, how: Judging, faulty: Mapping[str, Fault]) -> None:
    if not os.path.lexists(case.answer):
        verdict, seconds = _missing(case), 0.0
    else:
        with case.check_set.laid_out() as (lesson, checks_dir):
            judged = judge(lesson, case.answer, replace(how, checks_dir=checks_dir))
        verdict, seconds = without(judged.verdict, faulty), judged.seconds
    maximum = total([case.check_set.maximum, *(-fault.points for fault in faulty.values())])
    extra = {"key": case.key, "checks": case.checks, "student": case.student, "version": VERSION, "maximum": maximum}
    document = gradescope(verdict, seconds, extra)
    _write(case.document, json.dumps(document, indent=1, sort_keys=True) + "\n")


def _missing(case: Case) -> Verdict:
    lesson = case.lesson
    told = f"{NOTHING}; {case.instead} is there, which is another name" if case.instead else NOTHING
    return Verdict(lesson.id, lesson.title, "", "", possible=lesson.points, trouble=told)


def _row(case: Case) -> dict[str, str]:
    document = _known(case)
    if document is None:
        raise InputError(f"{case.document} was changed while the class was graded")
    verdict = read(json.dumps(document["extra_data"]["verdict"]))
    return {
        "student": case.student,
        "lesson": case.lesson.id,
        "score": number(verdict.score),
        "maximum": number(document["extra_data"]["maximum"]),
        "visible": number(total(check.earned for check in verdict.visible)),
        "hidden": number(total(check.earned for check in verdict.hidden)),
        "status": _status(case, verdict),
        "isolation": verdict.level,
        "checks": case.checks,
        "version": VERSION,
    }


def _status(case: Case, verdict: Verdict) -> str:
    if verdict.trouble.startswith(NOTHING):
        return "misnamed" if case.instead else "missing"
    return "broken check" if any(check.status == "broken check" for check in verdict.checks) else verdict.status


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
