"""Value processes whose volatility changes: GARCH(1,1) and two regimes.

GARCH (Bollerslev 1986): s'^2 = w + a r^2 + b s^2, so a large step makes the next one large, too. Its long-run variance
is w / (1 - a - b). Regimes (Hamilton 1989): calm and wild times that last a geometric number of steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.core.units import BPS
from market_sim.market.dynamics.process import Level, ValueProcess, check_share, check_volatility


@dataclass
class Garch(ValueProcess):
    """Volatility that follows the size of the last steps."""

    volatility_bps: float = 10.0
    """The standard deviation of a step in the long run."""
    reaction: float = 0.1
    """How much of the last squared step goes into the next variance (alpha)."""
    persistence: float = 0.85
    """How much of the last variance stays (beta)."""
    _variance: float = field(default=-1.0, init=False, repr=False)

    def __post_init__(self) -> None:
        check_volatility("a GARCH value", volatility_bps=self.volatility_bps)
        check_share("a GARCH value", reaction=self.reaction, persistence=self.persistence)
        if self.reaction + self.persistence >= 1:
            raise InputError(f"a GARCH value: reaction and persistence add up to less than 1, found {self}")

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """A step with the current variance, which then determines the next one."""
        longrun = (self.volatility_bps / BPS) ** 2
        variance = longrun if self._variance < 0 else self._variance
        step = variance**0.5 * stream.gauss(0, 1)
        fresh = 1 - self.reaction - self.persistence
        self._variance = fresh * longrun + self.reaction * step**2 + self.persistence * variance
        return exp(step)


@dataclass
class Regimes(ValueProcess):
    """Calm times and wild times, each with a volatility of its own."""

    calm_bps: float = 4.0
    wild_bps: float = 25.0
    calm_steps: float = 40.0
    """How many steps a calm time lasts on average."""
    wild_steps: float = 15.0
    is_wild: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        check_volatility("a value with regimes", calm_bps=self.calm_bps, wild_bps=self.wild_bps)
        if self.calm_steps < 1 or self.wild_steps < 1:
            raise InputError(f"a value with regimes: a regime lasts at least one step, found {self}")

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """Change the regime with its probability, then make a step of its volatility."""
        if stream.random() < 1 / (self.wild_steps if self.is_wild else self.calm_steps):
            self.is_wild = not self.is_wild
        return exp((self.wild_bps if self.is_wild else self.calm_bps) / BPS * stream.gauss(0, 1))
