"""Strategies that read the chart: momentum, mean reversion, and the chartist who follows the last move.

Momentum crosses two exponential averages (a fast and a slow one). Mean reversion measures how many standard deviations
the price lies from its rolling mean, enters far out and leaves near the mean. All use past trades only. They assume
that the next prices resemble the last ones; in an efficient market they only pay the spread.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean, pstdev

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.taking import towards


@dataclass
class Momentum(Strategy):
    """Long while the fast average of the prices is above the slow one, short (of its home) while it is below."""

    symbol: str = "ACME"
    fast: int = 5
    """How many trades the fast average reaches back."""
    slow: int = 20
    threshold_bps: float = 2.0
    """By how much the averages must differ."""
    size: int = 5
    max_position: int = 25
    _averages: tuple[float, float] | None = field(default=None, init=False, repr=False)
    _read: int = field(default=0, init=False, repr=False)
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 1 <= self.fast < self.slow or self.threshold_bps < 0 or self.size < 1:
            raise InputError(f"the fast average reaches less far back than the slow one, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Bring the averages up to date, and go to the side they point to."""
        market = view[self.symbol]
        self._home = market.position if self._home is None else self._home
        for price in market.prices[self._read :]:
            fast, slow = self._averages or (float(price), float(price))
            self._averages = fast + (price - fast) * 2 / (self.fast + 1), slow + (price - slow) * 2 / (self.slow + 1)
        self._read = len(market.prices)
        if self._averages is None or self._read < self.slow:
            return
        fast, slow = self._averages
        if abs(fast / slow - 1) * 10_000 > self.threshold_bps:
            wanted = self.max_position if fast > slow else -self.max_position
            yield from towards(view, market, self._home + wanted, self.size)


@dataclass
class Chartist(Strategy):
    """Buys after a rise and sells after a fall: expects the move of the last trades to go on."""

    symbol: str = "ACME"
    window: int = 10
    threshold_bps: float = 10.0
    size: int = 2
    max_position: int = 20
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.window < 1 or self.threshold_bps < 0 or self.size < 1:
            raise InputError(f"window and size are positive and the threshold is not negative, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Look how far the price has come since `window` trades ago."""
        market = view[self.symbol]
        self._home = market.position if self._home is None else self._home
        past = market.prices[-self.window - 1 :]
        if len(past) <= self.window:
            return
        move = (past[-1] / past[0] - 1) * 10_000
        if abs(move) > self.threshold_bps:
            wanted = self.max_position if move > 0 else -self.max_position
            yield from towards(view, market, self._home + wanted, self.size)


@dataclass
class MeanReversion(Strategy):
    """Buys far below the rolling mean, sells far above it, and goes home when the price is back."""

    symbol: str = "ACME"
    window: int = 30
    enter: float = 2.0
    """How many standard deviations from the mean it enters."""
    leave: float = 0.5
    """And at how many it goes home."""
    size: int = 5
    max_position: int = 25
    _home: int | None = field(default=None, init=False, repr=False)
    _side: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.window < 3 or not 0 <= self.leave < self.enter or self.size < 1:
            raise InputError(f"it leaves nearer to the mean than it enters, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """The z-score of the last price among those before it."""
        market = view[self.symbol]
        self._home = market.position if self._home is None else self._home
        past = market.prices[-self.window - 1 :]
        if len(past) <= self.window:
            return
        deviation = pstdev(past[:-1])
        score = (past[-1] - fmean(past[:-1])) / deviation if deviation else 0.0
        if abs(score) > self.enter:
            self._side = -1 if score > 0 else 1
        elif abs(score) < self.leave:
            self._side = 0
        yield from towards(view, market, self._home + self._side * self.max_position, self.size)
