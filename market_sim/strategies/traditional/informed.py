"""Traders with a view on the value: the informed trader and the fundamentalist.

The informed trader is that of Glosten and Milgrom (1985) and Kyle (1985): it alone knows the value, and takes every
quote on the wrong side of it, so a maker loses to it on average. The fundamentalist (Farmer and Joshi 2002) has an
estimate of its own that is wrong by some percent, and buys what is too cheap for it and sells what is too dear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.taking import towards


@dataclass
class Informed(Strategy):
    """Knows the value and takes every quote from which it gains; where no value is known it trades on its signal."""

    symbol: str = "ACME"
    edge_bps: float = 5.0
    """How far beyond the quote the value must lie."""
    size: int = 5
    max_position: int = 500
    """How far from the position it began with it goes."""
    signal: int | None = None
    """What it believes the thing to be worth where no value is known to it."""
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.edge_bps < 0 or self.size < 1:
            raise InputError(f"an edge is not negative and a size is positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Buy below the value, sell above it, and otherwise wait."""
        market = view[self.symbol]
        self._home = market.position if self._home is None else self._home
        value = market.value or self.signal
        if value is None:
            return
        edge = value * self.edge_bps / 10_000
        if market.ask is not None and market.ask < value - edge:
            yield from towards(view, market, self._home + self.max_position, self.size)
        elif market.bid is not None and market.bid > value + edge:
            yield from towards(view, market, self._home - self.max_position, self.size)


@dataclass
class Fundamentalist(Strategy):
    """Buys what is cheaper than its own estimate by a threshold, sells what is dearer, and goes home in between."""

    symbol: str = "ACME"
    estimate: int | None = None
    """What it thinks the thing is worth; without one, the believed value."""
    error_percent: float = 1.0
    """The standard deviation of its own error, drawn once."""
    threshold_bps: float = 30.0
    size: int = 5
    max_position: int = 50
    _error: float | None = field(default=None, init=False, repr=False)
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.error_percent < 0 or self.threshold_bps < 0 or self.size < 1:
            raise InputError(f"error and threshold are not negative and a size is positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Compare the last price with the estimate."""
        market = view[self.symbol]
        if self._error is None or self._home is None:
            self._error, self._home = view.random.gauss(0, self.error_percent / 100), market.position
        worth, price = self.estimate or market.value, market.last
        if worth is None or price is None:
            return
        gap = worth * (1 + self._error) / price - 1
        if abs(gap) * 10_000 > self.threshold_bps:
            wanted = self._home + (self.max_position if gap > 0 else -self.max_position)
        elif abs(gap) * 20_000 < self.threshold_bps:
            wanted = self._home
        else:
            return  # not yet back: a band in which it neither opens nor closes keeps it from paying the spread twice
        yield from towards(view, market, wanted, self.size)
