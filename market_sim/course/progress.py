"""A student's progress: what was tried, passed and predicted, which hints were shown; one file on her disk."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.lesson import Lesson
from market_sim.course.verdict import Verdict, number, total

FILE = "progress.json"


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
            try:
                kept = json.loads(self.file.read_text(encoding="utf-8"))
                self.lessons = {name: Standing(**standing) for name, standing in kept.items()}
            except (ValueError, TypeError, AttributeError):
                raise InputError(f"{self.file} is damaged; remove it to begin anew (your answers stay)") from None

    def of(self, lesson: Lesson) -> Standing:
        """The standing of one lesson."""
        return self.lessons.setdefault(lesson.id, Standing())

    def tried(self, lesson: Lesson, verdict: Verdict) -> None:
        """Remember one check of an answer."""
        standing = self.of(lesson)
        standing.tries += 1
        standing.best = max(standing.best, total(check.earned for check in verdict.visible))
        standing.passed = standing.passed or verdict.passed
        self.save()

    def predict(self, lesson: Lesson, choice: str) -> None:
        """Lock a prediction; a second thought is refused, because then it would be none."""
        standing = self.of(lesson)
        if choice not in lesson.prediction.choices:
            raise InputError(f"the choices are {', '.join(lesson.prediction.choices)}; found {choice!r}")
        if standing.prediction:
            raise InputError(f"your prediction is locked: {standing.prediction}")
        standing.prediction = choice
        self.save()

    def next_hint(self, lesson: Lesson, task: int) -> tuple[int, str] | None:
        """The next hint of a task and its number; nothing when all were shown."""
        hints = lesson.hints.get(task, ())
        standing = self.of(lesson)
        shown = standing.hints.get(str(task), 0)
        if shown >= len(hints):
            return None
        standing.hints[str(task)] = shown + 1
        self.save()
        return shown + 1, hints[shown]

    def may_see_solution(self, lesson: Lesson) -> bool:
        """After passing, or after the number of tries that the lesson sets."""
        standing = self.of(lesson)
        return standing.passed or standing.tries >= lesson.tries

    def reset(self, lesson: Lesson) -> None:
        """Forget one lesson."""
        self.lessons.pop(lesson.id, None)
        self.save()

    def save(self) -> None:
        """Write the file wholly or not at all."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({name: asdict(standing) for name, standing in sorted(self.lessons.items())}, indent=1)
        beside = self.file.with_name(self.file.name + ".part")
        beside.write_text(text + "\n", encoding="utf-8")
        os.replace(beside, self.file)

    def sentence(self, course: Sequence[Lesson]) -> str:
        """`14/61 points (23 %)`"""
        points = sum(lesson.points for lesson in course)
        earned = total(min(self.of(lesson).best, lesson.points) for lesson in course)
        passed = sum(self.of(lesson).passed for lesson in course)
        share = f"{100 * earned / points:.0f} %" if points else "0 %"
        return f"{number(earned)}/{points} points ({share}), {passed} of {len(course)} lessons passed"
