"""Shocks: events that a scenario plans at a fixed time."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream


@dataclass(frozen=True)
class PriceShock:
    """News that changes the believed value of an instrument by some percent at once."""

    symbol: str
    percent: float

    def __post_init__(self) -> None:
        if not -100 < self.percent <= 1_000:
            raise InputError(f"a price shock lies between -100 and 1000 percent, found {self.percent}")


@dataclass(frozen=True)
class News:
    """An announcement of which only the time is known: good or bad, at random."""

    symbol: str
    good_percent: float = 3.0
    bad_percent: float = -3.0
    chance_of_good: float = 0.5

    def __post_init__(self) -> None:
        for percent in (self.good_percent, self.bad_percent):
            PriceShock(self.symbol, percent)
        if not 0 <= self.chance_of_good <= 1:
            raise InputError(f"the chance of good news lies between 0 and 1, found {self.chance_of_good}")

    def drawn(self, stream: Stream) -> PriceShock:
        """What is announced."""
        good = stream.random() < self.chance_of_good
        return PriceShock(self.symbol, self.good_percent if good else self.bad_percent)
