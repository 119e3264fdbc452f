"""The student's code inside the grader: for stepping through it with a debugger, never for a grade."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from market_sim.course.isolation.student import FROZEN
from market_sim.course.student_side.wire import decode, encode


class InProcessStudent:
    """Answers like the student's process does, without any limit."""

    def __init__(self, answer: Path) -> None:
        self.module = sys.modules["answer"] = ModuleType("answer")
        # I0 is asked for by name (--unsafe-in-process): it is the student's own code on the student's own computer.
        exec(compile(answer.read_bytes(), str(answer), "exec"), self.module.__dict__)  # noqa: S102

    def call(self, function: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a function of the answer; only plain data comes back, here as there."""
        found = getattr(self.module, function)
        return _plain(found(*_plain(list(arguments)), **_plain(keywords)))

    def make(self, kind: str, *arguments: Any, **keywords: Any) -> InProcessObject:
        """Make an object of a class of the answer."""
        return InProcessObject(getattr(self.module, kind)(*_plain(list(arguments)), **_plain(keywords)))

    def strategy(self, kind: str, *arguments: Any, luck: int = 0, **keywords: Any) -> Any:
        """Make a strategy; it decides in here."""
        return getattr(self.module, kind)(*arguments, **keywords)


class InProcessObject:
    """An object of the student's code, in here."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call one of its methods."""
        return _plain(getattr(self._owner, method)(*_plain(list(arguments)), **_plain(keywords)))


def _plain(value: Any) -> Any:
    return decode(encode(value, FROZEN), FROZEN)
