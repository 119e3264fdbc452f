"""A value process: how the believed value of an instrument moves from one step to the next.

A process returns a factor, so that a value stays positive and a shock or a split that came between two steps
stays what it was. It draws only from the stream of its instrument, so it never changes the luck of another one.
The standard deviation of a step is in hundredths of a percent (basis points); a step is a tenth of a second.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.core.units import BPS


class Level(Protocol):
    """A value as a process sees it."""

    now: float
    """What it is worth."""
    moved: float
    """The factor of its last step."""
    restated: float
    """How often today's share is contained in one of the start, after splits and dividends."""


class ValueProcess(ABC):
    """How one believed value moves."""

    @abstractmethod
    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """What the value is multiplied by in this step; `others` holds every value by symbol."""

    @property
    def leaders(self) -> tuple[str, ...]:
        """The instruments whose step it looks at, which have to move before it."""
        return ()


def check_volatility(process: str, **volatilities_bps: float) -> None:
    """Refuse a standard deviation of a step that is negative or larger than a tenth of the value."""
    for name, bps in volatilities_bps.items():
        if not 0 <= bps <= BPS / 10:
            raise InputError(f"{process}: {name} lies between 0 and {BPS // 10} basis points a step, found {bps}")


def check_share(process: str, **shares: float) -> None:
    """Refuse a probability or a correlation-like weight outside of 0 to 1."""
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise InputError(f"{process}: {name} lies between 0 and 1, found {share}")
