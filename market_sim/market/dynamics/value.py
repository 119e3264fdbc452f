"""The believed value of an instrument: what it is worth, moved by a process; nobody can trade at it.

It stands for the news. Market makers quote around it, so that prices move for a reason that a student can look up.
A process (market_sim/market/dynamics/process.py) says by which factor it moves in each step, with chance from the
instrument's own stream. Everybody sees it, unless the scenario names who knows it.

Participants see the news at once (`news`). What follows from a position is judged at `price`, which takes a jump in
only once those who quote have had the time to quote it (docs/decisions/0015): otherwise a forced sale at the moment
of bad news would be filled at the quotes of before it, and the loser would gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from market_sim.core.randomness import Stream
from market_sim.market.dynamics.process import Level, ValueProcess

LEAST = 0.5
"""A value stays above this: its price never falls below one unit."""


class BelievedValue:
    """What one instrument is believed to be worth, in the units of its price."""

    def __init__(
        self, start: int, process: ValueProcess, stream: Stream, known_to: tuple[str, ...] | None = None
    ) -> None:
        self.now = float(start)
        self.moved = 1.0
        """The factor of the last step."""
        self.restated = 1.0
        """What one unit of the start has become, after splits and dividends."""
        self.process = process
        self.known_to = known_to
        """The accounts that see it; None where everybody does."""
        self._stream = stream
        self._unquoted: list[float] = []

    @property
    def news(self) -> int:
        """The value as a price: rounded to the nearest whole unit, never below one."""
        return max(1, round(self.now))

    @property
    def price(self) -> int:
        """The same without the jumps that nobody can have quoted yet."""
        return max(1, round(self.now / prod(self._unquoted))) if self._unquoted else self.news

    def is_known_to(self, account: str) -> bool:
        """Whether this account sees it."""
        return self.known_to is None or account in self.known_to

    def step(self, others: Mapping[str, Level]) -> None:
        """Let one interval pass; `others` holds the values of all instruments."""
        self.moved = self.process.factor(self, self._stream, others)
        self.now = max(LEAST, self.now * self.moved)

    def restate(self, new: int, old: int, paid: int = 0) -> None:
        """What a share is worth after so much was paid out for it, and so many new ones were made of so many old."""
        before, self.now = self.now, max(1.0, (self.now - paid) * old / new)
        self.restated *= self.now / before

    def jump(self, percent: float) -> None:
        """News: the value changes at once, and nobody has quoted it yet."""
        factor = 1 + percent / 100
        self.now *= factor
        self._unquoted.append(factor)

    def quoted(self, _: object = None) -> None:
        """Everybody has had the time to quote the oldest jump."""
        del self._unquoted[0]
