"""The clock of a run: simulated time in nanoseconds, and the actions that are planned.

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
from market_sim.core.units import MILLISECOND, SECOND

__all__ = ["ARRIVAL", "EPOCH", "MILLISECOND", "SECOND", "WAKE", "Action", "Clock"]


ARRIVAL: Final = 0
EPOCH: Final = 1
WAKE: Final = 2

INTERVAL_BITS: Final = 26
"""An interval lasts 2 ** 26 ns: its actions fit a cache with 10,000 agents, and there are several with ten."""

Action = Callable[[Any], object]
Planned = tuple[int, int, int, Action, Any]
"""Time, rank, number, and what to call with what: sorted in this order, and no two have the same number."""


class Clock:
    """Simulated time: it moves only to the next planned action."""

    def __init__(self) -> None:
        self.now = 0
        self.steps = 0
        """The number of actions so far: a position in the run, finer than the time, as actions may share an instant."""
        self._count = 0
        self._later: dict[int, list[Planned]] = {}
        """The actions of each interval that is not open yet, in the order in which they were planned."""
        self._intervals: list[int] = []
        """A heap of the numbers of those intervals."""
        self._open = -1
        self._due: list[Planned] = []
        """The actions of the open interval, the last one first."""
        self._soon: list[Planned] = []
        """A heap of the actions that were planned into the open interval after it was sorted."""

    def plan(self, time: int, action: Action, argument: Any = None, rank: int = ARRIVAL) -> None:
        """Call `action(argument)` at this time, which must not be in the past."""
        if time < self.now:
            raise InvariantBroken(f"planned for {time} ns, but it is already {self.now} ns")
        self._count = count = self._count + 1
        interval = time >> INTERVAL_BITS
        if interval <= self._open:
            heappush(self._soon, (time, rank, count, action, argument))
        elif interval in self._later:
            self._later[interval].append((time, rank, count, action, argument))
        else:
            self._later[interval] = [(time, rank, count, action, argument)]
            heappush(self._intervals, interval)

    def run(self, until: int) -> None:
        """Run all actions that are planned before `until`, then set the time to `until`."""
        soon = self._soon
        while self._has_next(until):
            due = self._due
            # Taken out first and put back in the rare case that it is too late: looking first costs more.
            while due or soon:
                planned = due.pop() if due and not (soon and soon[0] < due[-1]) else heappop(soon)
                time, _, _, action, argument = planned
                if time >= until:
                    heappush(soon, planned)
                    break
                self.now = time
                self.steps += 1
                action(argument)
        self.now = until

    @property
    def next_at(self) -> int | None:
        """When the next action runs; None when nothing is planned."""
        if not self._due and not self._soon:
            if not self._intervals:
                return None
            self._open_next()
        return min(self._due[-1:] + self._soon[:1])[0]

    def step(self) -> None:
        """Run the next planned action only."""
        if self.next_at is None:
            raise InvariantBroken("nothing is planned: there is no next action")
        due, soon = self._due, self._soon
        self.now, _, _, action, argument = heappop(soon) if not due or (soon and soon[0] < due[-1]) else due.pop()
        self.steps += 1
        action(argument)

    def _has_next(self, until: int) -> bool:
        """Whether an action is planned before `until`; then its interval is open."""
        next_at = self.next_at
        return next_at is not None and next_at < until

    def _open_next(self) -> None:
        """Sort the actions of the next interval."""
        self._open = heappop(self._intervals)
        self._due = self._later.pop(self._open)
        self._due.sort(reverse=True)
