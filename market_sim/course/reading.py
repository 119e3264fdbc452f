"""The sections of a lesson that are open to a student, the same on the site and in the terminal.

The sections about the run open once the prediction is locked; the debrief opens after passing.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.invocation import runnable
from market_sim.course.lesson import Lesson
from market_sim.course.progress import LessonRecord, Progress

LOOK, DEBRIEF = "Look", "Debrief"


def sections(body: str) -> list[tuple[str, str]]:
    """The sections of a page: the text before the first `## Heading`, then each heading with its text."""
    found: list[tuple[str, list[str]]] = [("", [])]
    is_code = False
    for line in body.split("\n"):
        if line.startswith(("```", "~~~")):
            is_code = not is_code
        if line.startswith("## ") and not is_code:
            found.append((line.removeprefix("## ").strip(), []))
        found[-1][1].append(line)
    return [(title, "\n".join(lines).strip()) for title, lines in found]


def open_sections(lesson: Lesson, record: LessonRecord) -> list[tuple[str, str]]:
    """The open sections: the look once the prediction is locked, the debrief once the lesson is passed.

    The commands in them run as they stand, without an activated environment.
    """
    closed = set() if record.prediction or record.passed else {LOOK}
    closed |= set() if record.passed else {DEBRIEF}
    return [(title, runnable(text)) for title, text in sections(lesson.body) if title not in closed]


def outcome(lesson: Lesson, record: LessonRecord) -> str:
    """The right choice of the prediction; "" before passing."""
    return lesson.prediction.outcome if record.passed else ""


def further_reading(lesson: Lesson) -> list[str]:
    """What a lesson recommends to read or to try."""
    return [runnable(one) for one in lesson.further]


def next_lesson(course: Sequence[Lesson], lesson: Lesson) -> Lesson | None:
    """The next lesson; None after the last one."""
    ids = [one.id for one in course]
    place = ids.index(lesson.id) + 1 if lesson.id in ids else len(ids)
    return course[place] if place < len(course) else None


def where_to_go_on(course: Sequence[Lesson], progress: Progress) -> Lesson | None:
    """The first lesson that is not passed and whose required lessons are; None when all are passed."""
    passed = {lesson.id for lesson in course if progress.of(lesson).passed}
    known = {lesson.id for lesson in course}
    return next((one for one in course if one.id not in passed and not (set(one.requires) & known) - passed), None)
