"""What can go wrong with a student's process, as the sentence that the student reads."""

from __future__ import annotations

from typing import ClassVar, Literal

from market_sim.core.errors import StrategyError

Status = Literal["passed", "partial", "failed", "time limit", "crashed", "protocol error", "broken check"]
"""What became of one check; a broken check has a fault of its own and counts for nothing."""

LOADING = "loading your answer"
"""How a sentence begins when an answer cannot even be loaded."""


class StudentProblem(StrategyError):
    """The student's code did not give an answer that counts."""

    status: ClassVar[Status] = "failed"


class StudentError(StudentProblem):
    """The code raised an error: its type, what it said, and the line of the answer."""

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
    """The process said something that no answer is."""

    status: ClassVar[Status] = "protocol error"
