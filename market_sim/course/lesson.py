"""A lesson: a folder with a page, a starter, a model solution, checks, hints, and typical wrong answers.

    lessons/01-order-book/
      lesson.md       front matter and Markdown
      starter.py      what the student edits, as answers/01-order-book.py
      solution.py     the model solution
      checks.py       the visible checks
      hints.md        three hints for each task, shown one at a time
      wrong/*.py      typical wrong answers; the docstring of each states points and a part of the sentence it must get

The front matter is TOML, checked field by field; an error is reported with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market_sim.core.errors import InputError
from market_sim.course.front_matter import Entry, read

LESSON_ID = re.compile(r"[a-z0-9-]{1,64}")
TRACKS = ("market", "consensus", "settlement")
LEVELS = ("beginner", "intermediate", "advanced")
LONGEST_PAGE = 256 * 1024
HINTS_PER_TASK = 3


@dataclass(frozen=True)
class Task:
    """One task; checks refer to its number."""

    id: int
    title: str


@dataclass(frozen=True)
class Prediction:
    """A question about the run; its answer is locked before the run is shown."""

    question: str
    choices: tuple[str, ...]
    outcome: str
    """The right choice, for the debrief."""


@dataclass(frozen=True)
class Look:
    """The run that the page shows: scenario, seed, length."""

    scenario: str
    seed: int
    epochs: int
    parameters: tuple[tuple[str, int | str], ...] = ()
    byzantine: str | None = None
    settlement: str = "none"


@dataclass(frozen=True)
class HiddenChecks:
    """The announced number and points of the instructor's hidden checks."""

    checks: int
    points: int


@dataclass(frozen=True)
class Lesson:
    """One lesson: the fields of its front matter, and its folder."""

    folder: Path
    id: str
    title: str
    goal: str
    track: str
    level: str
    minutes: int
    requires: tuple[str, ...]
    points: int
    timeout: int
    tries: int
    objectives: tuple[str, ...]
    tasks: tuple[Task, ...]
    look: Look
    prediction: Prediction
    hidden: HiddenChecks | None
    further: tuple[str, ...]
    body: str
    """The Markdown after the front matter."""

    @property
    def starter(self) -> Path:
        """The file that the student edits."""
        return self.folder / "starter.py"

    @property
    def solution(self) -> Path:
        """The model solution."""
        return self.folder / "solution.py"

    @property
    def own_scenario(self) -> Path | None:
        """The lesson's own scenario file; None when it shows a shipped scenario."""
        return self.folder / self.look.scenario if self.look.scenario.endswith(".py") else None

    @property
    def checks(self) -> Path:
        """The visible checks."""
        return self.folder / "checks.py"

    @property
    def wrong_answers(self) -> tuple[Path, ...]:
        """The typical wrong answers."""
        return tuple(sorted((self.folder / "wrong").glob("*.py")))

    @property
    def hints(self) -> dict[int, tuple[str, ...]]:
        """The hints of each task, in the order in which they are shown."""
        return hints_in(self.folder / "hints.md")

    @property
    def debrief(self) -> str:
        """The part of the page under the heading Debrief, which is read after passing."""
        return self.body.partition("\n## Debrief\n")[2].strip()


def load_lesson(folder: Path) -> Lesson:
    """Read one lesson; the first error raises InputError with file and line."""
    page = folder / "lesson.md"
    shown = f"{folder.name}/lesson.md"
    entries, body = read(_text(page, shown), shown)
    fields = _Fields(entries, shown)
    lesson = Lesson(
        folder=folder,
        id=fields.text("id"),
        title=fields.text("title"),
        goal=fields.text("goal"),
        track=fields.one_of("track", TRACKS),
        level=fields.one_of("level", LEVELS),
        minutes=fields.number("minutes", 5, 120),
        requires=fields.texts("requires"),
        points=fields.number("points", 1, 100),
        timeout=fields.number("timeout", 1, 60),
        tries=fields.number("tries", 1, 100, default=3),
        objectives=fields.texts("objectives", least=1),
        tasks=fields.tasks(),
        look=fields.look(),
        prediction=fields.prediction(),
        hidden=fields.hidden(),
        further=fields.texts("further", optional=True),
        body=body,
    )
    fields.nothing_else()
    if not LESSON_ID.fullmatch(lesson.id):
        fields.refuse("id", f"an id has 1 to 64 of a-z, 0-9 and -, found {lesson.id!r}")
    if lesson.id != folder.name:
        fields.refuse("id", f"the id is the name of the folder, {folder.name!r}, found {lesson.id!r}")
    return lesson


def hints_in(file: Path) -> dict[int, tuple[str, ...]]:
    """The hints of a file: `## Task 1`, then a numbered list."""
    shown = f"{file.parent.name}/{file.name}"
    hints: dict[int, list[str]] = {}
    task = 0
    for number, line in enumerate(_text(file, shown).split("\n"), start=1):
        if heading := re.fullmatch(r"## Task (\d+)\s*", line):
            task = int(heading[1])
            hints[task] = []
        elif item := re.match(r"(\d+)\. (.+)", line):
            if not task or int(item[1]) != len(hints[task]) + 1:
                raise InputError(f"{shown}, line {number}: hints are numbered from 1 under `## Task N`")
            hints[task].append(item[2].strip())
        elif line.startswith("   ") and task and hints[task]:
            hints[task][-1] += "\n" + line.strip()
        elif line.strip() and task:
            raise InputError(f"{shown}, line {number}: expected `1. hint`, found {line!r}")
    return {task: tuple(found) for task, found in hints.items()}


def _text(file: Path, shown: str) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror})") from None
    if len(data) > LONGEST_PAGE:
        raise InputError(f"{shown}: {len(data)} bytes, at most {LONGEST_PAGE}")
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InputError(f"{shown}: it is not text in UTF-8") from None


class _Fields:
    """The entries of one front matter, taken one by one."""

    def __init__(self, entries: Mapping[str, Entry], file: str) -> None:
        self.entries = entries
        self.file = file
        self.taken: set[str] = set()

    def refuse(self, key: str, why: str) -> Any:
        """Raise InputError for a field, with its line."""
        line = self.entries[key].line if key in self.entries else 1
        raise InputError(f"{self.file}, line {line}: {why}")

    def value(self, key: str, kind: type, expected: str, default: Any = None) -> Any:
        """The value of a field, or its default if it has one."""
        self.taken.add(key)
        if key not in self.entries:
            return default if default is not None else self.refuse(key, f"the field {key} is missing")
        value = self.entries[key].value
        return value if type(value) is kind else self.refuse(key, f"{key} must be {expected}, found {value!r}")

    def text(self, key: str) -> str:
        """A field that is text."""
        return str(self.value(key, str, "text"))

    def number(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A field that is a whole number within bounds."""
        value = self.value(key, int, "a whole number", default)
        if not least <= value <= most:
            self.refuse(key, f"{key} must be from {least} to {most}, found {value}")
        return int(value)

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """A field with a few possible values."""
        value = self.text(key)
        return value if value in choices else str(self.refuse(key, f"{key} must be one of {', '.join(choices)}"))

    def texts(self, key: str, least: int = 0, optional: bool = False) -> tuple[str, ...]:
        """A field that is a list of texts."""
        values = self.value(key, list, "a list", [] if optional else None)
        if len(values) < least or not all(type(one) is str and one for one in values):
            self.refuse(key, f"{key} must be a list of at least {least} texts, found {values!r}")
        return tuple(values)

    def part(self, key: str, value: Any, kinds: Mapping[str, type], optional: Mapping[str, type]) -> dict[str, Any]:
        """A table with these keys of these types."""
        known = {**kinds, **optional}
        if type(value) is not dict:
            self.refuse(key, f"{key} must be a table with {', '.join(kinds)}, found {value!r}")
        for name in value:
            if name not in known:
                self.refuse(key, f"{key} has no part {name!r}, it has {', '.join(known)}")
            if type(value[name]) is not known[name]:
                self.refuse(key, f"{key}: {name} is {value[name]!r}, expected {known[name].__name__}")
        for name in kinds:
            if name not in value:
                self.refuse(key, f"{key} needs {name}")
        return dict(value)

    def tasks(self) -> tuple[Task, ...]:
        """The tasks, numbered from 1."""
        values = self.value("tasks", list, "a list")
        tasks = tuple(Task(**self.part("tasks", one, {"id": int, "title": str}, {})) for one in values)
        if not tasks or [task.id for task in tasks] != list(range(1, len(tasks) + 1)):
            self.refuse("tasks", f"tasks are numbered 1, 2, 3, found {[task.id for task in tasks]}")
        return tasks

    def look(self) -> Look:
        """The run that the page shows."""
        value = self.value("look", dict, "a table")
        needed = {"scenario": str, "seed": int, "epochs": int}
        part = self.part("look", value, needed, {"parameters": dict, "byzantine": str, "settlement": str})
        return Look(**{**part, "parameters": tuple(part.get("parameters", {}).items())})

    def prediction(self) -> Prediction:
        """The prediction."""
        value = self.value("prediction", dict, "a table")
        part = self.part("prediction", value, {"question": str, "choices": list, "outcome": str}, {})
        choices = part["choices"]
        if len(choices) < 2 or not all(type(one) is str for one in choices) or part["outcome"] not in choices:
            self.refuse("prediction", "a prediction has two or more texts as choices, and its outcome is one of them")
        return Prediction(part["question"], tuple(choices), part["outcome"])

    def hidden(self) -> HiddenChecks | None:
        """The announcement of hidden checks, if there is one."""
        value = self.value("hidden", dict, "a table", default={})
        return HiddenChecks(**self.part("hidden", value, {"checks": int, "points": int}, {})) if value else None

    def nothing_else(self) -> None:
        """Refuse unknown fields."""
        for key in self.entries:
            if key not in self.taken:
                self.refuse(key, f"a lesson has no field {key!r}; it has {', '.join(sorted(self.taken))}")
