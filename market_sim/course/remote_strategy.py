"""The remote strategy: a strategy of the market whose decisions are made in the student's process.

Views are sent there as plain data, and intents come back; exchange, clock and scoring stay on this side. Only new
prices are sent, so the cost of a decision does not grow with the length of the run. It wakes up for what the student's
strategy asks for, and its run has the fingerprint that the same strategy has in the process of the market.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from market_sim.core.models.intents import Intent
from market_sim.course.isolation.problems import StudentError
from market_sim.course.isolation.student import StudentObject
from market_sim.course.student_side.snapshot import taken_apart
from market_sim.market.agents.strategy import LARGEST, Parameters, Strategy, WakeAt, Waking
from market_sim.market.agents.view import View

NUMBERS = (int, float, bool)


class RemoteStrategy(Strategy):
    """Asks the student's process for each decision; `introduced` is what the process says of the strategy."""

    def __init__(self, student: StudentObject, introduced: Any, luck: int | None) -> None:
        self._student = student
        self._luck = luck
        self._has_luck = False
        self._told: dict[str, int] = {}
        self._wakes, self._parameters = _checked(student, introduced)

    def wakes(self) -> Iterable[Waking]:
        """What the student's strategy wakes up for."""
        return self._wakes

    def described(self) -> tuple[str, Parameters]:
        """The student's class and its parameters."""
        return self._student.kind, self._parameters

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        """The intents and alarms of the student's strategy for this view."""
        seen = taken_apart(view, self._told)
        luck = None if self._has_luck else view.random.getstate() if self._luck is None else self._luck
        self._has_luck = True
        wanted: Iterable[Intent | WakeAt] = self._student.student.event(self._student, seen, luck)
        return wanted


def _checked(student: StudentObject, introduced: Any) -> tuple[tuple[Waking, ...], Parameters]:
    """What a process says of a strategy, as far as it makes sense: it may say anything."""
    told = introduced if isinstance(introduced, dict) else {}
    wakes, parameters = told.get("wakes"), told.get("parameters")
    if not isinstance(wakes, list) or any(type(wake) not in get_args(Waking) for wake in wakes):
        said = "it returns any of OnReport, OnTrade and OnQuote"
        raise StudentError(f"{student.kind}.wakes()", "TypeError", said, None, student.student.file)
    return tuple(wakes), {
        name: value
        for name, value in (parameters.items() if isinstance(parameters, dict) else ())
        if type(name) is str and (isinstance(value, str | None) or (type(value) in NUMBERS and abs(value) < LARGEST))
    }
