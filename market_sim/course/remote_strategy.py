"""The remote strategy: a strategy of the market whose decisions are made in the student's process.

Views are sent there as plain data, and intents come back; exchange, clock and scoring stay on this side. Only new
prices are sent, so the cost of a decision does not grow with the length of the run.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.models.intents import Intent
from market_sim.course.isolation.student import StudentObject
from market_sim.course.student_side.snapshot import taken_apart
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


class RemoteStrategy(Strategy):
    """Asks the student's process for each decision. It wakes up at the regular interval only, never by news."""

    def __init__(self, student: StudentObject, luck: int) -> None:
        self._student = student
        self._luck = luck
        self._told: dict[str, int] = {}

    def decide(self, view: View) -> Iterable[Intent]:
        """The intents of the student's strategy for this view."""
        seen = taken_apart(view, self._told)
        wanted: Iterable[Intent] = self._student.student.event(self._student, seen, self._luck)
        return wanted
