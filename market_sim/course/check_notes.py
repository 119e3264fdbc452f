"""The notes about one check while it runs, and the outcome that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.course.in_process import InProcessStudent
from market_sim.course.isolation.problems import Status, StudentProblem
from market_sim.course.isolation.student import StudentProcess
from market_sim.course.replay import Compared

UNUSABLE = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""The exceptions of a check that gets a value of an unexpected form from the answer."""


@dataclass
class Notes:
    """The state of one check while it runs."""

    earned: float | None = None
    reason: str = ""
    seed: int | None = None
    journal: Journal | None = None
    event: int | None = None
    compared: Compared | None = None
    problem: StudentProblem | None = None
    student: StudentProcess | InProcessStudent | None = None
    broken: str = ""
    """The error in the check itself, if any."""
    printed: str = ""
    begun: float = 0.0
    raised: list[BaseException] = field(default_factory=list)


NOTES = pytest.StashKey[Notes]()


def outcome(notes: Notes) -> tuple[Status, float, str]:
    """The status of a check, the part of its points, and the reason."""
    earned, raised = notes.earned, notes.raised
    if notes.broken:
        return "broken check", 0.0, notes.broken
    for error in (notes.problem, *raised):
        if isinstance(error, StudentProblem):
            return error.status, min(earned or 0.0, 1.0), str(error)
    if raised:
        said = (str(raised[0]).splitlines() or [""])[0] if isinstance(raised[0], AssertionError | InputError) else ""
        fraction = earned or 0.0
        return ("partial" if 0 < fraction < 1 else "failed"), (fraction if fraction < 1 else 0.0), said or notes.reason
    if earned is None or earned >= 1:
        return "passed", 1.0, ""
    return ("partial" if earned else "failed"), earned, notes.reason


def unusable(error: BaseException) -> str:
    """The reason for a value of an unexpected form; it does not show the source of the check."""
    return f"the check could not use what your code returned ({type(error).__name__}: {str(error)[:200]})"
