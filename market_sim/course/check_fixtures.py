"""What a check is given: its lesson, a fresh process of the student, and ways to tell a part, a seed and a replay."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.course.check_notes import NOTES
from market_sim.course.in_process import InProcessStudent
from market_sim.course.isolation.limits import Limits
from market_sim.course.isolation.student import StudentProcess
from market_sim.course.lesson import Lesson
from market_sim.course.replay import Compared, drawable

if TYPE_CHECKING:
    from market_sim.course.pytest_checks import Grading

SALT = "salt.txt"
"""The file in the folder of hidden checks that makes their seeds secret."""


class CheckFixtures:
    """The fixtures of the checks of one grading session."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading

    @pytest.fixture
    def lesson(self, request: pytest.FixtureRequest) -> Lesson:
        """The lesson that this check belongs to."""
        return self._grading.lessons[request.path]

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest, lesson: Lesson) -> Iterator[Any]:
        """The student's process: `student.call("match", ...)`, `student.strategy("Maker", spread=4)`."""
        notes = request.node.stash[NOTES]
        capped = self._grading.config.getoption("--check-timeout")
        limits = Limits(seconds=min(lesson.timeout, capped or lesson.timeout))
        answer = self._grading.answer_to(lesson)
        if self._grading.isolation.level == "I0":
            notes.student = InProcessStudent(answer)
            yield notes.student
            return
        process = StudentProcess(answer, limits, self._grading.isolation, shown_as=answer.name)
        try:
            with process:
                notes.student = process
                yield process
                process.finish()
        finally:
            notes.problem = process.problem
            notes.printed = process.printed.decode(errors="replace")

    @pytest.fixture
    def partial(self, request: pytest.FixtureRequest) -> Callable[[float, str], None]:
        """`partial(fraction, reason)`: the part of the points that is earned so far, and why not more."""
        notes = request.node.stash[NOTES]

        def earned(fraction: float, reason: str) -> None:
            if not 0 <= fraction <= 1:
                raise InputError(f"a fraction lies between 0 and 1, found {fraction}")
            notes.earned, notes.reason = fraction, reason

        return earned

    @pytest.fixture
    def seed(self, request: pytest.FixtureRequest, lesson: Lesson) -> int:
        """The seed of this check: public for visible checks, secret (by the salt) for hidden ones."""
        salt = "practice"
        if self._grading.is_hidden(request.node) and self._grading.hidden_from is not None:
            file = self._grading.hidden_from / SALT
            salt = file.read_text() if file.is_file() else f"no salt in {self._grading.hidden_from.name}"
        drawn = hashlib.sha256(f"{salt}/{lesson.id}/{request.node.name}".encode()).digest()
        notes = request.node.stash[NOTES]
        notes.seed = int.from_bytes(drawn[:4], "big") % 1_000_000
        return notes.seed

    @pytest.fixture
    def replay(self, request: pytest.FixtureRequest) -> Callable[..., None]:
        """`replay(journal, event)`: if this check fails, keep this run and point at this event.

        With `asked`, `expected` and `found` the replay shows at this event the right result and the answer's; `trades`,
        each (resting order, price, quantity), are drawn beside those of the exchange.
        """
        notes = request.node.stash[NOTES]

        def remember(
            journal: Journal,
            event: int | None = None,
            asked: str = "",
            expected: Any = "",
            found: Any = "",
            trades: Iterable[Any] = (),
        ) -> None:
            notes.journal, notes.event = journal, event
            notes.compared = Compared(asked, str(expected), str(found), drawable(trades)) if asked else None

        return remember
