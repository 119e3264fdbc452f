"""Value processes that follow another value: correlated by a market model, or cointegrated with it.

The market model is Sharpe's (1963): r = beta r_leader + own chance, so the correlation of the steps is
beta s_leader / sqrt(beta^2 s_leader^2 + s^2). A cointegrated value (Engle and Granger 1987) wanders with its leader
for good, while the logarithm of their ratio is mean reverting: this is what a pairs trade needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.core.units import BPS
from market_sim.market.dynamics.process import Level, ValueProcess, check_volatility


@dataclass(frozen=True)
class MarketModel(ValueProcess):
    """Moves with a leader by its beta, plus a step of its own; the two can drift apart."""

    leader: str
    beta: float = 1.0
    volatility_bps: float = 5.0

    def __post_init__(self) -> None:
        check_volatility("a market model", volatility_bps=self.volatility_bps)

    @property
    def leaders(self) -> tuple[str, ...]:
        """The instrument that it moves with."""
        return (self.leader,)

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """Beta of the leader's step, and a step of its own."""
        return exp(self.beta * log(others[self.leader].moved) + self.volatility_bps / BPS * stream.gauss(0, 1))


@dataclass(frozen=True)
class Cointegrated(ValueProcess):
    """`ratio` times its leader, plus a deviation that halves every `half_life` steps."""

    leader: str
    ratio: float = 1.0
    half_life: float = 15.0
    volatility_bps: float = 10.0

    def __post_init__(self) -> None:
        check_volatility("a cointegrated value", volatility_bps=self.volatility_bps)
        if self.ratio <= 0 or self.half_life <= 0:
            raise InputError(f"a cointegrated value has a positive ratio and half-life, found {self}")

    @property
    def leaders(self) -> tuple[str, ...]:
        """The instrument that it is tied to."""
        return (self.leader,)

    def factor(self, value: Level, stream: Stream, others: Mapping[str, Level]) -> float:
        """Go with the leader, close a part of the deviation, and add a step of chance."""
        leader = others[self.leader]
        before = leader.now / leader.moved / leader.restated * self.ratio * value.restated
        away = log(value.now / before)
        pull = (0.5 ** (1 / self.half_life) - 1) * away
        return exp(log(leader.moved) + pull + self.volatility_bps / BPS * stream.gauss(0, 1))
