"""The one clock of a run: simulated nanoseconds, and one heap of what happens next.

Things at the same instant happen in the order of their rank (messages arrive before an epoch starts, as rule R1 of
the consensus demands, and participants act last), then in the order in which they were planned.

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
    """Simulated time: it moves only when the next planned thing happens."""

    def __init__(self) -> None:
        self.now = 0
        self._planned: list[tuple[int, int, int, Action, Any]] = []
        self._count = 0

    def plan(self, time: int, action: Action, argument: Any = None, rank: int = ARRIVAL) -> None:
        """Call `action(argument)` at this time; never in the past."""
        if time < self.now:
            raise InvariantBroken(f"planned for {time} ns, but it is already {self.now} ns")
        self._count = count = self._count + 1
        heappush(self._planned, (time, rank, count, action, argument))

    def run(self, until: int) -> None:
        """Let everything happen that is planned before `until`, then let it be `until`."""
        planned = self._planned
        while planned and planned[0][0] < until:
            time, _, _, action, argument = heappop(planned)
            self.now = time
            action(argument)
        self.now = until

    @property
    def steps(self) -> int:
        """How much has happened so far: the place in a run, finer than its time, since an instant may hold much."""
        return self._count - len(self._planned)

    @property
    def next_at(self) -> int | None:
        """When the next thing happens; None when nothing is planned."""
        return self._planned[0][0] if self._planned else None

    def step(self) -> None:
        """Let the next planned thing happen, and nothing else."""
        self.now, _, _, action, argument = heappop(self._planned)
        action(argument)
