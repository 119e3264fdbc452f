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
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.course.catalogue import find_lesson, lesson_folders, load_course
from market_sim.course.handed_in import EXPECTED, Stray, strays, students_in
from market_sim.course.isolation.levels import best
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson
from market_sim.course.paper import Fault, Paper, without
from market_sim.course.verdict import Verdict, gradescope, number, read, total

COLUMNS = (
    "student", "lesson", "score", "maximum", "visible", "hidden", "status", "isolation", "checks", "version",
)  # fmt: skip
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
BAR = 30
NOTHING = "nothing was handed in"


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
    faults: tuple[str, ...] = ()
    """The checks that are at fault themselves: grading did not work as it should, and nobody was charged for it."""
    remarks: tuple[str, ...] = ()
    """What else the instructor should know: files that are no answers, hidden checks that were not run."""


@dataclass(frozen=True)
class Case:
    """One answer of one student to one lesson."""

    student: str
    paper: Paper
    answer: Path
    document: Path
    checks: str
    """The digest of the visible and hidden checks."""
    key: str
    """The digest of everything that the verdict depends on."""
    instead: str = ""
    """The misnamed file that is there instead of the answer."""

    @property
    def lesson(self) -> Lesson:
        """The lesson that is answered."""
        return self.paper.lesson


def grade_class(room: Classroom, screen: TextIO) -> Graded:
    """Judge what is not known yet, and write the table."""
    if room.workers < 1:
        raise InputError(f"at least one worker is needed, found {room.workers}")
    isolation = best(room.how.isolation)
    # Found out once, so that all judges use the same level and none has to try.
    room = replace(room, how=replace(room.how, isolation=isolation.name))
    papers = _papers(room)
    found = list(strays(room.submissions, list(lesson_folders(room.course))))
    cases = list(_cases(room, papers, found))
    known = {case.key for case in cases if _known(case) is not None}
    waiting = [case for case in cases if case.key not in known]
    faults = _faults(room, [paper for paper in papers if any(one.paper is paper for one in waiting)])
    _judge_all(waiting, room, len(cases), screen, faults)
    rows = [_row(case) for case in cases]
    _write(room.table, _table(rows))
    broken = [fault.sentence for one in faults.values() for fault in one.values()] or _broken_before(rows)
    remarks = (*(one.sentence for one in found), *_not_run(room, papers))
    return Graded(len(rows), len(waiting), len(cases) - len(waiting), isolation.sentence, tuple(broken), remarks)


def _papers(room: Classroom) -> list[Paper]:
    """The lessons that are graded, with their checks; whatever makes grading pointless is refused."""
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
    return [Paper.of(lesson, checks_dir) for lesson in lessons]


def _faults(room: Classroom, papers: list[Paper]) -> dict[str, dict[str, Fault]]:
    """The checks of each lesson that are at fault themselves, found out before anybody is judged."""
    with ThreadPoolExecutor(room.workers) as pool:
        found = pool.map(lambda paper: paper.faults(room.how), papers)
        return {paper.lesson.id: faults for paper, faults in zip(papers, found, strict=True)}


def _not_run(room: Classroom, papers: list[Paper]) -> Iterator[str]:
    """Hidden checks that were announced and are not here."""
    for paper in papers:
        told = paper.lesson.hidden
        if told is not None and room.how.checks_dir is None:
            yield f"{paper.lesson.id} announces {told.checks} hidden checks; they run with --checks-dir only"


def _broken_before(rows: list[dict[str, str]]) -> list[str]:
    """Lessons with a check at fault when all is known from before, and nothing is judged."""
    lessons = dict.fromkeys(row["lesson"] for row in rows if row["status"] == "broken check")
    return [f"{lesson}: a check is at fault itself and does not count" for lesson in lessons]


def _cases(room: Classroom, papers: list[Paper], found: list[Stray]) -> Iterator[Case]:
    settings = f"{room.how.timeout} {room.how.isolation} {VERSION}"
    instead = {(one.student, one.meant): one.file for one in found}
    for student in students_in(room.submissions):
        for paper in papers:
            lesson = paper.lesson
            answer = student / f"{lesson.id}.py"
            misnamed = "" if os.path.lexists(answer) else instead.get((student.name, lesson.id), "")
            checks = _digest(lesson.checks, *_hidden(room, lesson))
            key = _digest(answer, text=f"{paper.digest} {settings} {student.name} {misnamed}")
            document = room.documents / student.name / f"{lesson.id}.json"
            yield Case(student.name, paper, answer, document, checks, key, misnamed)


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


def _judge_all(
    cases: list[Case], room: Classroom, all_of_them: int, screen: TextIO, faults: Mapping[str, Mapping[str, Fault]]
) -> None:
    """Judge in parallel; each verdict is on disk before the next one begins."""
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
    """A bar on a terminal; nothing anywhere else."""
    if screen.isatty():
        full = BAR * done // of
        screen.write(f"\r\033[K[{'#' * full}{'.' * (BAR - full)}] {done}/{of} {case.student} {case.lesson.id}")
        screen.flush()


def _judge(case: Case, how: Judging, faulty: Mapping[str, Fault]) -> None:
    if not os.path.lexists(case.answer):
        verdict, seconds = _missing(case), 0.0
    else:
        with case.paper.laid_out() as (lesson, checks_dir):
            judged = judge(lesson, case.answer, replace(how, checks_dir=checks_dir))
        verdict, seconds = without(judged.verdict, faulty), judged.seconds
    maximum = total([case.paper.maximum, *(-fault.points for fault in faulty.values())])
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
