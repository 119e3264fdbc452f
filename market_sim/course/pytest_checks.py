"""The grading plugin of pytest: `pytest lessons/01-order-book --student answers/01-order-book.py`.

A check is a test function with points, and its fixtures are those of `check_fixtures.py`. The pytest process holds no
student code; it computes points and verdict from returned values and journals.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from market_sim.core.errors import InputError
from market_sim.core.invocation import pytest as typed
from market_sim.course.check_fixtures import CheckFixtures
from market_sim.course.check_notes import NOTES, UNUSABLE, Notes, outcome, unusable
from market_sim.course.isolation.levels import best
from market_sim.course.isolation.problems import StudentProblem
from market_sim.course.lesson import Lesson, load_lesson
from market_sim.course.replay import keep, told
from market_sim.course.verdict import DECIMALS, Announced, CheckVerdict, Verdict, lines, written

CHECKS = "checks.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options for checking a lesson."""
    group = parser.getgroup("lessons")
    group.addoption("--student", metavar="FILE", help="the answer to check, or a folder with one answer per lesson")
    group.addoption("--checks-dir", metavar="DIR", help="the instructor's hidden checks: DIR/LESSON/checks.py")
    group.addoption("--check-timeout", type=float, metavar="SECONDS", help="caps the time limit of each lesson")
    group.addoption("--isolation", default="auto", metavar="LEVEL", help="auto, I1 or I2")
    group.addoption("--unsafe-in-process", action="store_true", help="run the answer in here: practice, not a grade")
    group.addoption("--verdict", metavar="FILE", help="write the verdict on one lesson as JSON")
    group.addoption("--grade", action="store_true", help="write grade.json with the verdicts on all lessons")
    group.addoption(
        "--replays", default="results", metavar="DIR", help="where runs of failed checks are kept; '' for nowhere"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin that collects and reports checks."""
    mark = "points(points, task=1, hint='', visibility='visible'): what a check of a lesson is worth"
    config.addinivalue_line("markers", mark)
    grading = Grading(config)
    config.pluginmanager.register(grading, "market-sim-grading")
    config.pluginmanager.register(CheckFixtures(grading), "market-sim-fixtures")


class Grading:
    """One grading session: lessons, answers and verdicts."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.lessons: dict[Path, Lesson] = {}
        self.verdicts: dict[str, list[CheckVerdict]] = {}
        self.trouble: list[str] = []
        chosen = config.getoption("--student", None)
        self.answers = Path(chosen).absolute() if chosen else None
        if self.answers is None:
            return
        checks_dir = config.getoption("--checks-dir")
        self.hidden_from = Path(checks_dir).absolute() if checks_dir else None
        if self.hidden_from is not None and not self.hidden_from.is_dir():
            raise pytest.UsageError(f"--checks-dir: there is no folder {checks_dir} with hidden checks")
        self.isolation = best("I0" if config.getoption("--unsafe-in-process") else config.getoption("--isolation"))
        config.option.tbstyle = "no"
        config.option.verbose = -2
        config.option.no_header = True

    # ---- collection ---------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Ignore all files of a lesson's folder except the checks: a starter is no test module."""
        if (collection_path.parent / "lesson.md").is_file() and collection_path.name != CHECKS:
            return True
        return None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect the checks of a lesson as test functions."""
        if file_path.name != CHECKS or self.lesson_of(file_path) is None:
            return None
        if self.answers is None:
            raise pytest.UsageError(f"name the answer to check: pytest {file_path.parent} --student answers/NAME.py")
        # Pytest itself collects a file that is named as an argument.
        return None if parent.session.isinitpath(file_path) else pytest.Module.from_parent(parent, path=file_path)

    def pytest_collection(self, session: pytest.Session) -> None:
        """Add the hidden checks of the lessons in the arguments."""
        if self.answers is None or self.hidden_from is None:
            return
        for argument in list(session.config.args):
            hidden = self.hidden_from / Path(argument).name / CHECKS
            if (Path(argument) / "lesson.md").is_file() and hidden.is_file():
                self.lessons[hidden] = load_lesson(Path(argument).absolute())
                session.config.args.append(str(hidden))

    def lesson_of(self, checks: Path) -> Lesson | None:
        """The lesson that a file of checks belongs to."""
        if checks not in self.lessons:
            if not (checks.parent / "lesson.md").is_file():
                return None
            self.lessons[checks] = load_lesson(checks.parent)
        return self.lessons[checks]

    def answer_to(self, lesson: Lesson) -> Path:
        """The file with the student's answer."""
        if self.answers is None:
            raise InputError("no answer was named")
        return self.answers / f"{lesson.id}.py" if self.answers.is_dir() else self.answers

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Give each check its notes."""
        item.stash[NOTES] = Notes()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Run the checks in the order of their source, the hidden ones last."""
        if self.answers is not None:
            items.sort(key=lambda item: self.is_hidden(item))

    def is_hidden(self, item: pytest.Item) -> bool:
        """Whether this is a hidden check."""
        mark = item.get_closest_marker("points")
        told = mark is not None and mark.kwargs.get("visibility", "visible") != "visible"
        return told or (self.hidden_from is not None and self.hidden_from in item.path.parents)

    # ---- the verdict on a check ---------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Start the time of a check before its student's process."""
        item.stash[NOTES].begun = time.monotonic()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Turn the outcome of a check into points and one sentence."""
        report: Any = yield
        notes = item.stash.get(NOTES, None)
        if notes is None or self.answers is None:
            return report
        if call.excinfo is not None:
            self.blame(item, notes, call.excinfo, call.when == "setup")
            notes.raised.append(call.excinfo.value)
        if call.when == "teardown":
            check = self.judged(item, notes)
            self.verdicts.setdefault(self.lessons[item.path].id, []).append(check)
            item.session.testsfailed += check.status != "passed"
        return report

    def blame(self, item: pytest.Item, notes: Notes, raised: pytest.ExceptionInfo[BaseException], early: bool) -> None:
        """Decide whether an exception is an error of the answer or of the check itself."""
        error = raised.value
        if isinstance(error, StudentProblem | AssertionError) or (early and isinstance(error, InputError)):
            return
        if isinstance(error, UNUSABLE) and notes.student is not None and notes.student.has_answered:
            notes.reason = notes.reason or unusable(error)
            return
        line = next((one.lineno + 1 for one in reversed(raised.traceback) if one.path == item.path), 0)
        said = f": {str(error).splitlines()[0][:200]}" if str(error) and not self.is_hidden(item) else ""
        notes.broken = (
            f"{item.path.name}, line {line}: {type(error).__name__}{said}; the check is at fault, not the answer"
        )

    def judged(self, item: pytest.Item, notes: Notes) -> CheckVerdict:
        """The verdict on a finished check."""
        lesson, mark = self.lessons[item.path], item.get_closest_marker("points")
        worth = float(mark.args[0]) if mark and mark.args else 0.0
        options = dict(mark.kwargs) if mark else {}
        status, fraction, reason = outcome(notes)
        visible = not self.is_hidden(item)
        worth = 0.0 if status == "broken check" else worth
        kept = self.keep_replay(lesson, item, notes) if status != "passed" and visible else ""
        answer = os.path.relpath(self.answers or "")
        documented = (getattr(getattr(item, "function", None), "__doc__", "") or item.name).strip().splitlines()
        return CheckVerdict(
            name=item.name,
            title=documented[0],
            task=options.get("task", 1),
            points=worth,
            earned=round(worth * fraction, DECIMALS),
            status=status,
            # The reason of a hidden check would reveal the check.
            reason=reason if visible or status == "broken check" else "",
            hint=options.get("hint", ""),
            visible=visible,
            seed=notes.seed if visible else None,
            replay=kept,
            event=notes.event if kept else None,
            again=typed(f"lessons/{lesson.id}", "--student", answer, "-k", item.name) if visible else "",
            seconds=round(time.monotonic() - notes.begun, 3),
            printed=notes.printed if visible else "",
        )

    def keep_replay(self, lesson: Lesson, item: pytest.Item, notes: Notes) -> str:
        """Store the run of a failed check as a replay; returns its folder."""
        if notes.journal is None or not self.config.getoption("--replays"):
            return ""
        if notes.compared is not None:
            # Without an event of its own the comparison is placed before the end of the run.
            place = len(notes.journal) - 2 if notes.event is None else notes.event
            notes.journal, notes.event = told(notes.journal, place, notes.compared), place + 1
        name = f"{lesson.id}-{item.name.removeprefix('test_').replace('_', '-')}-seed{notes.seed or 0}"
        return keep(notes.journal, Path(self.config.getoption("--replays")) / name)

    def verdict(self, lesson: Lesson) -> Verdict:
        """The verdict on one lesson, with all checks so far."""
        told = Announced(lesson.hidden.checks, lesson.hidden.points) if lesson.hidden else Announced()
        return Verdict(
            lesson.id,
            lesson.title,
            self.isolation.sentence,
            self.isolation.level,
            tuple(self.verdicts.get(lesson.id, ())),
            told,
            practice=self.isolation.level == "I0",
            possible=lesson.points,
            trouble="; ".join(self.trouble),
        )

    # ---- the report ---------------------------------------------------------------------------------------------

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Print no progress dots; the summary lists the checks."""
        return (report.outcome, "", "") if self.answers is not None else None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a file of checks that cannot be read."""
        if report.failed and self.answers is not None:
            last = str(report.longrepr).strip().splitlines()[-1]
            self.trouble.append(f"{Path(report.nodeid).name or 'the checks'} cannot be read: {last}")

    @pytest.hookimpl(wrapper=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
        """Print the verdict in place of pytest's summary."""
        if self.answers is None:
            return (yield)
        terminalreporter.reportchars = ""
        for kinds in list(terminalreporter.stats):
            terminalreporter.stats[kinds] = []
        result: Any = yield
        for lesson in {lesson.id: lesson for lesson in self.lessons.values()}.values():
            for line in lines(self.verdict(lesson)):
                terminalreporter.write_line(line)
        return result

    def pytest_sessionfinish(self) -> None:
        """Write the requested files with the verdicts."""
        if self.answers is None:
            return
        verdicts = [self.verdict(one) for one in {lesson.id: lesson for lesson in self.lessons.values()}.values()]
        if (wanted := self.config.getoption("--verdict")) and verdicts:
            Path(wanted).write_text(written(verdicts[0]), encoding="utf-8")
        if self.config.getoption("--grade"):
            text = ",\n".join(written(verdict.public).rstrip() for verdict in verdicts)
            Path("grade.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
