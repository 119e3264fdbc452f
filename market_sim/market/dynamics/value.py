"""The believed value of an instrument: a random walk that everybody can see and nobody can trade at.

It stands for the news. Market makers quote around it, so that prices move for a reason that a student can look up.
A step is a percentage drawn from the instrument's own stream; the value stays positive because each step is
proportional to it.

Participants see the news at once (`news`). What follows from a position is judged at `price`, which takes a jump in
only once those who quote have had the time to quote it (docs/decisions/0015): otherwise a forced sale at the moment
of bad news would be filled at the quotes of before it, and the loser would gain.
"""

from __future__ import annotations

from math import prod

from market_sim.core.randomness import Stream


class BelievedValue:
    """What one instrument is believed to be worth, in the units of its price."""

    def __init__(self, start: int, volatility_bps: float, stream: Stream) -> None:
        self.now = float(start)
        self._volatility = volatility_bps / 10_000
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

    def step(self) -> None:
        """Let one interval pass. The draw is uniform, with the standard deviation that was asked for."""
        self.now *= 1 + self._volatility * (2 * self._stream.random() - 1) * 3**0.5

    def restate(self, new: int, old: int, paid: int = 0) -> None:
        """What a share is worth after so much was paid out for it, and so many new ones were made of so many old."""
        self.now = max(1.0, (self.now - paid) * old / new)

    def jump(self, percent: float) -> None:
        """News: the value changes at once, and nobody has quoted it yet."""
        factor = 1 + percent / 100
        self.now *= factor
        self._unquoted.append(factor)

    def quoted(self, _: object = None) -> None:
        """Everybody has had the time to quote the oldest jump."""
        del self._unquoted[0]
