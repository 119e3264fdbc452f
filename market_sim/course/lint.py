"""Lint: checks that a lesson keeps the rules for lessons, by reading its files and by grading known answers.

The model solution gets full marks. The untouched starter does not, and fails with sentences that teach. Each typical
wrong answer gets the points and the sentence that its docstring states, at most 60 % of the points, and a replay of
its mistake; no two get the same sentence.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from market_sim.core.errors import InputError
from market_sim.course.catalogue import find_lesson, lesson_folders
from market_sim.course.checks_source import CheckSource, checks_in
from market_sim.course.isolation.levels import best
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import HINTS_PER_TASK, Lesson, load_lesson
from market_sim.course.look import command_of, scenario_of
from market_sim.course.verdict import MOST_CREDIT, Verdict, number

FEWEST_WRONG_ANSWERS = 3
WORKERS = 2
LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
CODE = re.compile(r"```.*?```", re.DOTALL)
TEACHES = 40
"""The fewest characters of a sentence that teaches."""


@dataclass(frozen=True)
class Foreseen:
    """A typical wrong answer, with the sentence and the points that it must get."""

    file: Path
    says: str
    points: float


def lint_course(course: Path, only: Sequence[str], checks_dir: Path | None, out: TextIO) -> Iterator[str]:
    """The findings of all lessons, or of the named ones, one sentence each."""
    if checks_dir is not None and not checks_dir.is_dir():
        raise InputError(f"there is no folder {checks_dir} with hidden checks; expected {checks_dir}/LESSON/checks.py")
    names = [find_lesson(course, id).id for id in only] or list(lesson_folders(course))
    seen: list[str] = []
    for name in names:
        try:
            lesson = load_lesson(course / name)
            findings = [*read_lesson(lesson, list(lesson_folders(course)), checks_dir)]
            # A lesson with findings in its files is not graded.
            findings = findings or [*grade_lesson(lesson)]
        except InputError as problem:
            yield str(problem)
            continue
        yield from findings
        seen.append(name)
        out.write(f"{name}: {len(findings)} findings\n" if findings else f"{name}: kept\n")


# ---- findings from reading the files


def read_lesson(lesson: Lesson, course: Sequence[str], checks_dir: Path | None) -> Iterator[str]:
    """Check files, links, headings, hints, points, and the source of the checks."""
    for file in (lesson.starter, lesson.solution, lesson.checks):
        if not file.is_file():
            raise InputError(f"{lesson.id}/{file.name}: a lesson needs this file")
    yield from _page(lesson)
    for other in lesson.requires:
        if other not in course or course.index(other) >= course.index(lesson.id):
            yield f"{lesson.id}/lesson.md: requires {other!r}, which does not come before it"
    scenario_of(lesson)
    hints = lesson.hints
    for task in lesson.tasks:
        found = len(hints.get(task.id, ()))
        if found != HINTS_PER_TASK:
            yield f"{lesson.id}/hints.md: task {task.id} needs {HINTS_PER_TASK} hints, found {found}"
    checks = checks_in(lesson.checks, lesson.id)
    yield from _checks(lesson, checks)
    if checks_dir is not None and (checks_dir / lesson.id / "checks.py").is_file():
        yield from _hidden(lesson, checks_in(checks_dir / lesson.id / "checks.py", lesson.id))
    if len(lesson.wrong_answers) < FEWEST_WRONG_ANSWERS:
        yield f"{lesson.id}/wrong: {FEWEST_WRONG_ANSWERS} wrong answers are needed, found {len(lesson.wrong_answers)}"


def _page(lesson: Lesson) -> Iterator[str]:
    shown, body = f"{lesson.id}/lesson.md", CODE.sub("", lesson.body)
    headings = HEADING.findall(body)
    anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in headings}
    wanted = ["Look", *(f"Task {task.id}: {task.title}" for task in lesson.tasks), "Debrief"]
    if [one for one in headings if one in wanted] != wanted:
        yield f"{shown}: needs the headings {', '.join(wanted)} in this order"
    if command_of(lesson) not in lesson.body:
        yield f"{shown}: shows how to play its run on the terminal: {command_of(lesson)}"
    for link in LINK.findall(body):
        if link.startswith("#"):
            if link[1:] not in anchors:
                yield f"{shown}: the link {link} leads to no heading"
        elif "://" in link:
            yield f"{shown}: {link} leaves this machine; name it under `further` instead"
        elif not (lesson.folder / link.partition("#")[0]).exists():
            yield f"{shown}: the link {link} leads nowhere"


def _checks(lesson: Lesson, checks: Sequence[CheckSource]) -> Iterator[str]:
    tasks = {task.id for task in lesson.tasks}
    for check in checks:
        yield from check.findings
        if check.task not in tasks:
            yield f"{lesson.id}/checks.py, line {check.line}: {check.name} belongs to task {check.task}, which is none"
    points = sum(check.points for check in checks if check.visible)
    if points != lesson.points:
        yield f"{lesson.id}/checks.py: the checks give {number(points)} points, the lesson promises {lesson.points}"
    for task in sorted(tasks - {check.task for check in checks}):
        yield f"{lesson.id}/checks.py: task {task} has no check"


def _hidden(lesson: Lesson, checks: Sequence[CheckSource]) -> Iterator[str]:
    told = lesson.hidden
    found = (len(checks), sum(check.points for check in checks))
    if told is not None and (told.checks, told.points) != found:
        yield (
            f"{lesson.id}/lesson.md: announces {told.checks} hidden checks with {told.points} points, "
            f"there are {found[0]} with {number(found[1])}"
        )
    for check in checks:
        yield from check.findings


# ---- findings from grading known answers


def grade_lesson(lesson: Lesson) -> Iterator[str]:
    """Grade the model solution, the starter and the wrong answers like answers of students."""
    wrong = [foreseen(file, lesson.id) for file in lesson.wrong_answers]
    answers = [lesson.solution, lesson.starter, *(one.file for one in wrong)]
    with tempfile.TemporaryDirectory(prefix="replays-") as replays, ThreadPoolExecutor(WORKERS) as pool:
        solved, untouched, *others = pool.map(lambda answer: _judged(lesson, answer, Path(replays)), answers)
    if solved.trouble or any(check.status != "passed" for check in solved.checks):
        failing = "; ".join(f"{check.name}: {check.reason}" for check in solved.checks if check.status != "passed")
        yield f"{lesson.id}/solution.py: the model solution does not get full marks: {failing or solved.trouble}"
    yield from _starter(lesson, untouched)
    for one, verdict in zip(wrong, others, strict=True):
        yield from _wrong(lesson, one, verdict)
    told = [(one.file.name, sentences(verdict)) for one, verdict in zip(wrong, others, strict=True)]
    for place, (name, said) in enumerate(told):
        for other, also in told[:place]:
            if said == also:
                yield f"{lesson.id}/wrong: {name} and {other} are told the same"


def _judged(lesson: Lesson, answer: Path, replays: Path) -> Verdict:
    """Judge one answer; its replays go to a folder of its own, since answers are judged in parallel."""
    return judge(lesson, answer, Judging(best("I1").name, replays=str(replays / answer.stem))).verdict


def _starter(lesson: Lesson, verdict: Verdict) -> Iterator[str]:
    if verdict.passed or verdict.trouble or not sentences(verdict):
        yield f"{lesson.id}/starter.py: the untouched starter must fail with sentences; {verdict.summary()}"
    for check in verdict.checks:
        if check.status in ("crashed", "protocol error", "time limit"):
            yield f"{lesson.id}/starter.py: {check.name} ends with {check.status!r} instead of a sentence that teaches"
        elif check.status != "passed" and (len(check.reason) < TEACHES or check.reason.startswith("the check could")):
            yield f"{lesson.id}/starter.py: {check.name} says only {check.reason!r}, which teaches nobody"


def _wrong(lesson: Lesson, foreseen: Foreseen, verdict: Verdict) -> Iterator[str]:
    shown = f"{lesson.id}/wrong/{foreseen.file.name}"
    if verdict.earned != foreseen.points:
        yield f"{shown}: says that it gets {number(foreseen.points)} points, it gets {number(verdict.earned)}"
    if verdict.earned > MOST_CREDIT * lesson.points:
        yield (
            f"{shown}: gets {number(verdict.earned)} of {lesson.points} points, a wrong answer that was foreseen gets "
            f"at most {MOST_CREDIT:.0%}: let it fail the checks that its mistake breaks"
        )
    if not any(check.replay for check in verdict.checks):
        yield f"{shown}: no check that fails keeps a replay of it: replay(journal, event, asked, expected, found)"
    if not any(foreseen.says in sentence for sentence in sentences(verdict)):
        yield f"{shown}: no check says {foreseen.says!r}; they say {' | '.join(sentences(verdict))}"


def sentences(verdict: Verdict) -> tuple[str, ...]:
    """The reasons of the failed checks."""
    return tuple(check.reason for check in verdict.checks if check.status != "passed" and check.reason)


def foreseen(file: Path, lesson: str) -> Foreseen:
    """The lines `says: ...` and `points: ...` in the docstring of a wrong answer."""
    shown = f"{lesson}/wrong/{file.name}"
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"), shown)) or ""
    fields = dict(re.findall(r"^(says|points): (.+)$", told, re.MULTILINE))
    try:
        return Foreseen(file, fields["says"].strip(), float(fields["points"]))
    except (KeyError, ValueError):
        raise InputError(f"{shown}, line 1: its docstring needs a line `says: ...` and a line `points: ...`") from None
