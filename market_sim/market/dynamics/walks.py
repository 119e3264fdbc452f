"""Value processes of one instrument: a random walk, one that is pulled back to a level, one that jumps.

The logarithm of a mean-reverting value is an AR(1) process, the exact discrete form of Ornstein and Uhlenbeck's:
x' = phi x + s z with phi = 2^(-1/half-life), so its stationary deviation is s / sqrt(1 - phi^2). Jumps follow Merton
(1976): a walk, and with some probability a step a normally distributed jump of the logarithm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.core.units import BPS
from market_sim.market.dynamics.process import Level, ValueProcess, check_share, check_volatility


@dataclass(frozen=True)
class RandomWalk(ValueProcess):
    """Independent steps, uniformly distributed with the given standard deviation."""

    volatility_bps: float = 0.0
    drift_bps: float = 0.0

    def __post_init__(self) -> None:
        check_volatility("a random walk", volatility_bps=self.volatility_bps)

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """One step."""
        return 1 + self.drift_bps / BPS + self.volatility_bps / BPS * (2 * stream.random() - 1) * 3**0.5


@dataclass(frozen=True)
class MeanReverting(ValueProcess):
    """A value that is pulled back to a level: a deviation from it has halved after `half_life` steps."""

    level: int
    half_life: float = 20.0
    volatility_bps: float = 10.0

    def __post_init__(self) -> None:
        check_volatility("a mean-reverting value", volatility_bps=self.volatility_bps)
        if self.level < 1 or self.half_life <= 0:
            raise InputError(f"a mean-reverting value has a positive level and half-life, found {self}")

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """Close a part of the distance to the level, and add a step of chance."""
        away = log(value.now / (self.level * value.restated))
        return exp((0.5 ** (1 / self.half_life) - 1) * away + self.volatility_bps / BPS * stream.gauss(0, 1))


@dataclass(frozen=True)
class Jumps(ValueProcess):
    """A random walk in which now and then news arrives all at once."""

    volatility_bps: float = 5.0
    jump_probability: float = 0.02
    """How likely a jump is in one step."""
    jump_mean_bps: float = 0.0
    jump_bps: float = 100.0
    """The standard deviation of a jump."""

    def __post_init__(self) -> None:
        check_volatility("a value with jumps", volatility_bps=self.volatility_bps, jump_bps=self.jump_bps)
        check_share("a value with jumps", jump_probability=self.jump_probability)

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """A small step; with the probability of a jump a large one, too."""
        step = self.volatility_bps / BPS * stream.gauss(0, 1)
        if stream.random() < self.jump_probability:
            step += self.jump_mean_bps / BPS + self.jump_bps / BPS * stream.gauss(0, 1)
        return exp(step)
