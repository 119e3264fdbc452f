"""The errors of a student's process, each with the sentence that the student reads."""

from __future__ import annotations

from typing import ClassVar, Literal

from market_sim.core.errors import StrategyError

Status = Literal["passed", "partial", "failed", "time limit", "crashed", "protocol error", "broken check"]
"""The status of one check; a broken check does not count."""

LOADING = "loading your answer"
"""How the sentence begins when an answer cannot be loaded."""


class StudentProblem(StrategyError):
    """The base of all errors of student code."""

    status: ClassVar[Status] = "failed"


class StudentError(StudentProblem):
    """The code raised an exception: its type, its message, and the line of the answer."""

    def __init__(self, what: str, kind: str, said: str, line: int | None, file: str) -> None:
        where = f" in line {line} of {file}" if line else ""
        super().__init__(f"{what} raised {kind}{where}" + (f": {said}" if said else ""))
        self.kind = kind
        self.said = said
        self.line = line


class TimeLimit(StudentProblem):
    """The code took longer than the lesson allows."""

    status: ClassVar[Status] = "time limit"


class Crashed(StudentProblem):
    """The process ended without an answer."""

    status: ClassVar[Status] = "crashed"


class ProtocolError(StudentProblem):
    """The process sent a message that is no valid answer."""

    status: ClassVar[Status] = "protocol error"
