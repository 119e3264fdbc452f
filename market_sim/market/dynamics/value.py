"""The believed value of an instrument: a reference price, moved by a process, at which no order trades.

It stands for the news. Market makers quote around it, so that prices move for a reason that a student can look up.
A process (market_sim/market/dynamics/process.py) says by which factor it moves in each step, with chance from the
instrument's own stream. All participants see it, unless the scenario names those that do.

Participants see the news at once (`news`). Positions are valued at `price`, which includes a jump only after the market
makers have had time to quote it (docs/decisions/0015): otherwise a forced sale at the moment of bad news would fill
at the old quotes, and the loser would gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from market_sim.core.randomness import Stream
from market_sim.market.dynamics.process import Level, ValueProcess

LEAST = 0.5
"""A value stays above this: its price never falls below one unit."""


class BelievedValue:
    """The believed value of one instrument, in the units of its price."""

    def __init__(
        self, start: int, process: ValueProcess, stream: Stream, known_to: tuple[str, ...] | None = None
    ) -> None:
        self.now = float(start)
        self.moved = 1.0
        """The factor of the last step."""
        self.restated = 1.0
        """The present value of one unit of the start, after splits and dividends."""
        self.process = process
        self.known_to = known_to
        """The accounts that see it; None for all."""
        self._stream = stream
        self._unquoted: list[float] = []

    @property
    def news(self) -> int:
        """The value as a price: rounded to the nearest whole unit, never below one."""
        return max(1, round(self.now))

    @property
    def price(self) -> int:
        """The value without the jumps that market makers have had no time to quote."""
        return max(1, round(self.now / prod(self._unquoted))) if self._unquoted else self.news

    def is_known_to(self, account: str) -> bool:
        """Whether this account sees it."""
        return self.known_to is None or account in self.known_to

    def step(self, others: Mapping[str, Level]) -> None:
        """Let one interval pass; `others` holds the values of all instruments."""
        self.moved = self.process.factor(self, self._stream, others)
        self.now = max(LEAST, self.now * self.moved)

    def restate(self, new: int, old: int, paid: int = 0) -> None:
        """Adjust the value after a payment per share and a split of `old` shares into `new` ones."""
        before, self.now = self.now, max(1.0, (self.now - paid) * old / new)
        self.restated *= self.now / before

    def jump(self, percent: float) -> None:
        """News: the value changes at once, before any quote reflects it."""
        factor = 1 + percent / 100
        self.now *= factor
        self._unquoted.append(factor)

    def quoted(self, _: object = None) -> None:
        """The market makers have had time to quote the oldest jump."""
        del self._unquoted[0]
