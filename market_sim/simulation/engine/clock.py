"""The clock of a run: simulated time in nanoseconds, and one heap of planned actions.

Actions at the same instant run in the order of their rank (messages arrive before an epoch starts, as rule R1 of the
consensus demands, and participants act last), then in the order in which they were planned.

>>> clock, seen = Clock(), []
>>> clock.plan(2 * SECOND, seen.append, "epoch", EPOCH)
>>> clock.plan(2 * SECOND, seen.append, "vote arrives", ARRIVAL)
>>> clock.run(until=3 * SECOND)
>>> seen, clock.now == 3 * SECOND
(['vote arrives', 'epoch'], True)
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

from market_sim.core.errors import InvariantBroken

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000

ARRIVAL: Final = 0
EPOCH: Final = 1
WAKE: Final = 2

Action = Callable[[Any], object]


class Clock:
    """Simulated time: it moves only to the next planned action."""

    def __init__(self) -> None:
        self.now = 0
        self._planned: list[tuple[int, int, int, Action, Any]] = []
        self._count = 0

    def plan(self, time: int, action: Action, argument: Any = None, rank: int = ARRIVAL) -> None:
        """Call `action(argument)` at this time, which must not be in the past."""
        if time < self.now:
            raise InvariantBroken(f"planned for {time} ns, but it is already {self.now} ns")
        self._count = count = self._count + 1
        heappush(self._planned, (time, rank, count, action, argument))

    def run(self, until: int) -> None:
        """Run all actions that are planned before `until`, then set the time to `until`."""
        planned = self._planned
        while planned and planned[0][0] < until:
            time, _, _, action, argument = heappop(planned)
            self.now = time
            action(argument)
        self.now = until

    @property
    def steps(self) -> int:
        """The number of actions so far: a position in the run, finer than the time, as actions may share an instant."""
        return self._count - len(self._planned)

    @property
    def next_at(self) -> int | None:
        """The time of the next action; None when nothing is planned."""
        return self._planned[0][0] if self._planned else None

    def step(self) -> None:
        """Run the next planned action and no other."""
        self.now, _, _, action, argument = heappop(self._planned)
        action(argument)
