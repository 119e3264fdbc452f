"""The student's code inside the grader: for stepping through it with a debugger, never for a grade."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

from market_sim.course.isolation.problems import LOADING, StudentError
from market_sim.course.isolation.student import FROZEN
from market_sim.course.student_side.wire import decode, encode


class InProcessStudent:
    """An answer loaded into this process, with the interface of `StudentProcess` and no limits."""

    has_answered = True

    def __init__(self, answer: Path) -> None:
        self.module = sys.modules["answer"] = ModuleType("answer")
        self.file = answer
        with self.blamed(LOADING):
            self._load(answer)

    def _load(self, answer: Path) -> None:
        # I0 is asked for by name (--unsafe-in-process): it is the student's own code on the student's own computer.
        exec(compile(answer.read_bytes(), str(answer), "exec"), self.module.__dict__)  # noqa: S102

    def call(self, function: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the answer; it returns plain data, as from a student's process."""
        with self.blamed(f"{function}(...)"):
            found = getattr(self.module, function)
            return _plain(found(*_plain(list(arguments)), **_plain(keywords)))

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """Turn an exception into the StudentError that the student's process would report, with its line."""
        try:
            yield
        except (Exception, SystemExit) as error:
            lines = [one.lineno for one in extract_tb(error.__traceback__) if one.filename == str(self.file)]
            line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
            said = (str(error).splitlines() or [""])[0]
            raise StudentError(what, type(error).__name__, said, line, self.file.name) from error

    def make(self, kind: str, *arguments: Any, **keywords: Any) -> InProcessObject:
        """Create an object of a class of the answer."""
        with self.blamed(f"{kind}(...)"):
            return InProcessObject(self, getattr(self.module, kind)(*_plain(list(arguments)), **_plain(keywords)))

    def strategy(self, kind: str, *arguments: Any, luck: int = 0, **keywords: Any) -> Any:
        """Create a strategy, which decides in this process."""
        return getattr(self.module, kind)(*arguments, **keywords)


class InProcessObject:
    """An object of the student's code in this process."""

    def __init__(self, student: InProcessStudent, owner: Any) -> None:
        self._student = student
        self._owner = owner

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call one of its methods."""
        with self._student.blamed(f"{type(self._owner).__name__}.{method}(...)"):
            return _plain(getattr(self._owner, method)(*_plain(list(arguments)), **_plain(keywords)))


def _plain(value: Any) -> Any:
    return decode(encode(value, FROZEN), FROZEN)
