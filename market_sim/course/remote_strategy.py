"""A student's strategy as the market knows it: it decides in the student's own process.

What it sees travels there as plain data, what it wants comes back as intents; the exchange, the clock and the scoring
never leave this side. Only prices that are new travel, so a long run costs no more for each decision than a short one.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.models.intents import Intent
from market_sim.course.isolation.student import StudentObject
from market_sim.course.student_side.snapshot import taken_apart
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


class RemoteStrategy(Strategy):
    """Asks the student's process for each decision. It wakes up in the rhythm of its agent, and for nothing else."""

    def __init__(self, student: StudentObject, luck: int) -> None:
        self._student = student
        self._luck = luck
        self._told: dict[str, int] = {}

    def decide(self, view: View) -> Iterable[Intent]:
        """What the student's strategy wants now."""
        seen = taken_apart(view, self._told)
        wanted: Iterable[Intent] = self._student.student.event(self._student, seen, self._luck)
        return wanted
