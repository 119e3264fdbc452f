"""The users of a pool on the chain: a provider of liquidity, and a trader that buys and sells without a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.intents import CallContract, Intent
from market_sim.market.agents.reports import CallDone, Refused
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class LiquidityProvider(Strategy):
    """Adds liquidity once, and takes its part out again after some time."""

    pool: str
    base: int
    quote: int
    stays_ms: int | None = None
    """How long its liquidity stays; without a time until the end."""
    _asked: bool = field(default=False, init=False, repr=False)
    _shares: int = field(default=0, init=False, repr=False)
    _leaves_at: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Add at the first wake-up; remove when the time is over."""
        for report in view.reports:
            if isinstance(report, CallDone) and report.function == "add" and report.succeeded:
                self._shares = int(report.numbers["shares"])
                self._leaves_at = report.time + (self.stays_ms or 0) * 1_000_000
        if not self._asked:
            self._asked = True
            yield CallContract(self.pool, "add", (self.base, self.quote))
        elif self._shares and self.stays_ms is not None and view.time >= self._leaves_at:
            shares, self._shares = self._shares, 0
            yield CallContract(self.pool, "remove", (shares,))


@dataclass
class PoolNoise(Strategy):
    """Now and then buys or sells a few units at the pool, at almost any price."""

    pool: str
    price: int
    """About the price of one unit, for the limits."""
    probability: float = 0.2
    size: int = 5
    _without_chain: bool = field(default=False, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Toss a coin for whether, and another one for the side."""
        self._without_chain = self._without_chain or any(
            isinstance(report, Refused) and report.reason == "NO_WALLET" for report in view.reports
        )
        if self._without_chain or view.random.random() >= self.probability:
            return
        size = view.random.randint(1, self.size)
        if view.random.random() < 0.5:
            yield CallContract(self.pool, "buy", (size, 2 * size * self.price))
        else:
            yield CallContract(self.pool, "sell", (size, size * self.price // 2))


@dataclass
class Caller(Strategy):
    """Makes calls of contracts at planned times, whatever happens."""

    calls: tuple[tuple[int, CallContract], ...]
    """Each with its time in milliseconds, in order."""
    _made: int = field(default=0, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Make the calls whose time has come."""
        while self._made < len(self.calls) and self.calls[self._made][0] * 1_000_000 <= view.time:
            self._made += 1
            yield self.calls[self._made - 1][1]
