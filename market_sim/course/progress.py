"""A student's progress: what was tried, passed and predicted, which hints were shown; one SQLite file on her disk.

The command line and the site use the same file, perhaps at the same moment: each change is one transaction that reads
the standing, changes it and writes it.
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
from market_sim.course.verdict import Verdict, number, total

FILE = "progress.sqlite"
PATIENCE_SECONDS = 5
SCHEMA = """
CREATE TABLE IF NOT EXISTS standing (
    lesson TEXT PRIMARY KEY, tries INTEGER NOT NULL, best REAL NOT NULL, passed INTEGER NOT NULL,
    prediction TEXT NOT NULL, hints TEXT NOT NULL
)
"""


@dataclass
class Standing:
    """How far one lesson has come."""

    tries: int = 0
    best: float = 0.0
    passed: bool = False
    prediction: str = ""
    """Locked when it is first given."""
    hints: dict[str, int] = field(default_factory=dict)
    """How many hints of each task were shown."""


class Progress:
    """The standings of all lessons, kept beside the answers."""

    def __init__(self, answers: Path) -> None:
        self.file = answers / FILE
        self.lessons: dict[str, Standing] = {}
        if self.file.is_file():
            with self._open() as book:
                self.lessons = {row[0]: _standing(row) for row in book.execute("SELECT * FROM standing")}

    def of(self, lesson: Lesson) -> Standing:
        """The standing of one lesson."""
        return self.lessons.setdefault(lesson.id, Standing())

    def tried(self, lesson: Lesson, verdict: Verdict) -> None:
        """Remember one check of an answer."""
        with self._changed(lesson) as standing:
            standing.tries += 1
            standing.best = max(standing.best, total(check.earned for check in verdict.visible))
            standing.passed = standing.passed or verdict.passed

    def predict(self, lesson: Lesson, choice: str) -> None:
        """Lock a prediction; a second thought is refused, because then it would be none."""
        if choice not in lesson.prediction.choices:
            raise InputError(f"the choices are {', '.join(lesson.prediction.choices)}; found {choice!r}")
        with self._changed(lesson) as standing:
            if standing.prediction:
                raise InputError(f"your prediction is locked: {standing.prediction}")
            standing.prediction = choice

    def next_hint(self, lesson: Lesson, task: int) -> tuple[int, str] | None:
        """The next hint of a task and its number; nothing when all were shown."""
        hints = lesson.hints.get(task, ())
        with self._changed(lesson) as standing:
            shown = standing.hints.get(str(task), 0)
            if shown >= len(hints):
                return None
            standing.hints[str(task)] = shown + 1
        return shown + 1, hints[shown]

    def may_see_solution(self, lesson: Lesson) -> bool:
        """After passing, or after the number of tries that the lesson sets."""
        standing = self.of(lesson)
        return standing.passed or standing.tries >= lesson.tries

    def reset(self, lesson: Lesson) -> None:
        """Forget one lesson."""
        self.lessons.pop(lesson.id, None)
        with self._open() as book:
            book.execute("DELETE FROM standing WHERE lesson = ?", (lesson.id,))

    @contextmanager
    def _changed(self, lesson: Lesson) -> Iterator[Standing]:
        """The standing as the file has it now; what the caller makes of it is written, or nothing is."""
        with self._open() as book:
            row = book.execute("SELECT * FROM standing WHERE lesson = ?", (lesson.id,)).fetchone()
            standing = _standing(row) if row else Standing()
            yield standing
            values = standing.tries, standing.best, standing.passed, standing.prediction, json.dumps(standing.hints)
            book.execute("INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?)", (lesson.id, *values))
        self.lessons[lesson.id] = standing

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file inside one transaction, which nobody else can change meanwhile."""
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


def _standing(row: tuple[str, int, float, int, str, str]) -> Standing:
    _, tries, best, passed, prediction, hints = row
    return Standing(tries, best, bool(passed), prediction, json.loads(hints))
