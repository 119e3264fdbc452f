"""A value process that plays a series again: prices of a real day, or a path that an instructor has drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.market.dynamics.process import Level, ValueProcess


@dataclass
class Recorded(ValueProcess):
    """Follows the changes of a series, one entry a step, and stands still after its end.

    It takes the changes and not the levels, so that a shock or a split on the way stays what it is.
    """

    series: Sequence[float] = ()
    _place: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.series or not all(entry > 0 for entry in self.series):
            raise InputError(f"a recorded value needs a series of positive numbers, found {list(self.series)[:5]}")

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """From one entry to the next."""
        if self._place + 1 >= len(self.series):
            return 1.0
        self._place += 1
        return self.series[self._place] / self.series[self._place - 1]
