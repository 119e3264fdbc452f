"""A student's progress: tries, passed lessons, predictions and hints, in one SQLite file beside the answers.

The command line and the site use the same file, possibly at the same time, so each change is one transaction that
reads the row of a lesson, changes it and writes it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.lesson import Lesson
from market_sim.course.verdict import Verdict, credit, number, total

FILE = "progress.sqlite"
PATIENCE_SECONDS = 5
SCHEMA = """
CREATE TABLE IF NOT EXISTS standing (
    lesson TEXT PRIMARY KEY, tries INTEGER NOT NULL, best REAL NOT NULL, passed INTEGER NOT NULL,
    prediction TEXT NOT NULL, hints TEXT NOT NULL
)
"""


@dataclass
class LessonRecord:
    """The progress in one lesson."""

    tries: int = 0
    best: float = 0.0
    passed: bool = False
    prediction: str = ""
    """Locked when it is first given."""
    hints: dict[str, int] = field(default_factory=dict)
    """The number of hints shown, by task."""


class Progress:
    """The progress in all lessons, stored beside the answers."""

    def __init__(self, answers: Path) -> None:
        self.file = answers / FILE
        self.lessons: dict[str, LessonRecord] = {}
        if self.file.is_file():
            with self._open() as book:
                self.lessons = {row[0]: _record_in(row) for row in book.execute("SELECT * FROM standing")}

    def of(self, lesson: Lesson) -> LessonRecord:
        """The progress in one lesson."""
        return self.lessons.setdefault(lesson.id, LessonRecord())

    def tried(self, lesson: Lesson, verdict: Verdict) -> None:
        """Record one try."""
        with self._changed(lesson) as record:
            record.tries += 1
            record.best = max(record.best, credit(verdict.visible))
            record.passed = record.passed or verdict.passed

    def predict(self, lesson: Lesson, choice: str) -> None:
        """Lock a prediction; a second one is refused."""
        if choice not in lesson.prediction.choices:
            raise InputError(f"the choices are {', '.join(lesson.prediction.choices)}; found {choice!r}")
        with self._changed(lesson) as record:
            if record.prediction:
                raise InputError(f"your prediction is locked: {record.prediction}")
            record.prediction = choice

    def next_hint(self, lesson: Lesson, task: int) -> tuple[int, str] | None:
        """The next hint of a task with its number; None when all were shown."""
        hints = lesson.hints.get(task, ())
        with self._changed(lesson) as record:
            shown = record.hints.get(str(task), 0)
            if shown >= len(hints):
                return None
            record.hints[str(task)] = shown + 1
        return shown + 1, hints[shown]

    def may_see_solution(self, lesson: Lesson) -> bool:
        """Whether the model solution is open: after passing, or after the number of tries that the lesson sets."""
        record = self.of(lesson)
        return record.passed or record.tries >= lesson.tries

    def reset(self, lesson: Lesson) -> None:
        """Delete the progress in one lesson."""
        self.lessons.pop(lesson.id, None)
        with self._open() as book:
            book.execute("DELETE FROM standing WHERE lesson = ?", (lesson.id,))

    @contextmanager
    def _changed(self, lesson: Lesson) -> Iterator[LessonRecord]:
        """Read a lesson's record, let the caller change it, and write it; after an exception nothing is written."""
        with self._open() as book:
            row = book.execute("SELECT * FROM standing WHERE lesson = ?", (lesson.id,)).fetchone()
            record = _record_in(row) if row else LessonRecord()
            yield record
            values = record.tries, record.best, record.passed, record.prediction, json.dumps(record.hints)
            book.execute("INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?)", (lesson.id, *values))
        self.lessons[lesson.id] = record

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database inside one exclusive transaction."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.file, timeout=PATIENCE_SECONDS, isolation_level=None)) as book:
                book.execute("BEGIN IMMEDIATE")
                book.execute(SCHEMA)
                yield book
                book.execute("COMMIT")
        except sqlite3.OperationalError as busy:
            raise InputError(f"{self.file} cannot be used: {busy}") from None
        except (sqlite3.DatabaseError, ValueError, TypeError):
            raise InputError(f"{self.file} is damaged; remove it to begin anew (your answers stay)") from None

    def sentence(self, course: Sequence[Lesson]) -> str:
        """`14/61 points (23 %)`"""
        points = sum(lesson.points for lesson in course)
        earned = total(min(self.of(lesson).best, lesson.points) for lesson in course)
        passed = sum(self.of(lesson).passed for lesson in course)
        share = f"{100 * earned / points:.0f} %" if points else "0 %"
        return f"{number(earned)}/{points} points ({share}), {passed} of {len(course)} lessons passed"


def _record_in(row: tuple[str, int, float, int, str, str]) -> LessonRecord:
    _, tries, best, passed, prediction, hints = row
    return LessonRecord(tries, best, bool(passed), prediction, json.loads(hints))
