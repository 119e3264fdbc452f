"""The lesson service: predictions, runs, answers, checks, hints and resets of lessons, for the site.

It does what `simulate.py lesson ...` does, with the same functions, so that page and terminal never disagree.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.catalogue import lesson_folders
from market_sim.course.judging import Judging, judge
from market_sim.course.lesson import Lesson, load_lesson
from market_sim.course.look import scenario_name
from market_sim.course.progress import LessonRecord, Progress
from market_sim.course.verdict import Verdict
from market_sim.simulation.options import Options
from market_sim.ui.web.notebook import Notebook
from market_sim.ui.web.player import Request
from market_sim.ui.web.run_library import OpenRun, RunLibrary

MOST_CHECKS_AT_ONCE = 2
LONGEST_NAME = 40


class TooManyChecks(Exception):
    """Too many answers are being checked at this moment."""


@dataclass(frozen=True)
class BrokenLesson:
    """A lesson folder that cannot be read, and why."""

    id: str
    problem: str


class LessonService:
    """The lessons of one folder and the answers of one learner."""

    def __init__(self, course: Path, answers: Path, notebook: Notebook, library: RunLibrary) -> None:
        self.course = course
        self.answers = answers
        self.notebook = notebook
        self._library = library
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_CHECKS_AT_ONCE)

    def lessons(self) -> list[Lesson | BrokenLesson]:
        """The lessons of the course, in order."""
        found: list[Lesson | BrokenLesson] = []
        for name, folder in lesson_folders(self.course).items():
            try:
                found.append(load_lesson(folder))
            except InputError as problem:
                found.append(BrokenLesson(name, str(problem)))
        return found

    def lesson(self, id: str) -> Lesson | None:
        """The lesson with this id, found in the index of folders."""
        folder = lesson_folders(self.course).get(id)
        return load_lesson(folder) if folder else None

    def progress(self) -> Progress:
        """The progress in all lessons."""
        return Progress(self.answers)

    def record(self, lesson: Lesson) -> LessonRecord:
        """The progress in one lesson."""
        return self.progress().of(lesson)

    def predict(self, lesson: Lesson, choice: str) -> None:
        """Lock the prediction."""
        with self._lock:
            self.progress().predict(lesson, choice)

    def look(self, lesson: Lesson) -> Request:
        """The request for the run of this lesson, which is stored under the lesson's name."""
        look = lesson.look
        options = Options(seed=look.seed, epochs=look.epochs, settlement=look.settlement, byzantine=look.byzantine)
        return Request(scenario_name(lesson), dict(look.parameters), options, f"lesson-{lesson.id}")

    def run(self, lesson: Lesson) -> OpenRun | None:
        """The stored run of this lesson; None when there is none, or when the lesson has changed since."""
        asked = self.look(lesson)
        entry = self._library.find(asked.name)
        if entry is None:
            return None
        own = lesson.own_scenario
        if own is not None and (not own.is_file() or own.stat().st_mtime > entry.written):
            return None
        run = self._library.open(entry)
        start, options = run.start, asked.options
        # What a file calls its scenario is known only after running it; that it is not newer than the run must do.
        wanted = (start.scenario if own else asked.scenario, options.seed, options.epochs, options.beside_the_scenario)
        found = (start.scenario, start.seed, start.epochs, start.options)
        same = wanted == found and all(start.parameters.get(name) == value for name, value in asked.parameters.items())
        return run if same else None

    def answer_file(self, lesson: Lesson) -> Path:
        """The file of the answer; the id comes from the index and follows W3."""
        return self.answers / f"{lesson.id}.py"

    def answer(self, lesson: Lesson) -> str | None:
        """The text of the answer; None before the lesson is begun."""
        file = self.answer_file(lesson)
        try:
            return file.read_text(encoding="utf-8") if file.is_file() else None
        except (OSError, UnicodeDecodeError):
            raise InputError(f"answers/{file.name} cannot be read as text; mend it in your editor, or reset") from None

    def begin(self, lesson: Lesson) -> None:
        """Copy the starter; an existing answer is kept."""
        file = self.answer_file(lesson)
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(lesson.starter, file)

    def save(self, lesson: Lesson, code: str, edition: str) -> None:
        """Save the text of the page, unless the file has changed meanwhile."""
        self.begin(lesson)
        code = code.replace("\r\n", "\n").replace("\r", "\n")
        if "\0" in code:
            raise InputError("the answer holds a character that no Python file has")
        with self._lock:
            if edition != edition_of(self.answer(lesson) or ""):
                raise InputError(
                    f"answers/{lesson.id}.py was changed outside this page and stays as it is; what you typed stands "
                    "below and is not saved: copy it, or load the page again to see the file"
                )
            self.answer_file(lesson).write_text(code, encoding="utf-8")

    def check(self, lesson: Lesson, replays: Path) -> Verdict:
        """Check the answer as `simulate.py lesson check` does, and store the verdict."""
        if not self._places.acquire(blocking=False):
            raise TooManyChecks
        try:
            verdict = judge(lesson, self.answer_file(lesson), Judging(replays=str(replays))).verdict
        finally:
            self._places.release()
        with self._lock:
            self.progress().tried(lesson, verdict)
            self.notebook.keep(lesson.id, verdict)
        return verdict

    def hint(self, lesson: Lesson, task: int) -> None:
        """Show one more hint of a task."""
        with self._lock:
            self.progress().next_hint(lesson, task)

    def reset(self, lesson: Lesson) -> None:
        """Begin again; the old answer is kept beside the new one."""
        with self._lock:
            file = self.answer_file(lesson)
            if file.exists():
                file.replace(file.with_name(file.name + ".old"))
            self.progress().reset(lesson)
            self.notebook.forget(lesson.id)
        self.begin(lesson)


def edition_of(code: str) -> str:
    """A short digest of an answer, to detect other changes of the file."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]
