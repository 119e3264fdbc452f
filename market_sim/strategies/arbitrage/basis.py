"""Arbitrage of a future against its underlying: cash and carry, and the reverse (rulebook F-3.5).

A future is worth F = S exp(r T). To sell a dear one and buy the underlying, or to buy a cheap one and sell the
underlying that is held, locks in the difference until the expiry. It assumes that the cost of carry is known and that
both can be traded at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.derivatives import Future
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.forward import forward_price
from market_sim.strategies.traditional.taking import towards


@dataclass
class FuturesBasis(Strategy):
    """Sells a future that is dear against its underlying, buys one that is cheap, and holds the difference."""

    future: Future
    rate: float = 0.05
    least_gain: int = 10
    """What a unit must gain beyond the cost of carry, in cents."""
    contracts: int = 5
    """How many it holds at most, long or short."""
    _home: int | None = field(default=None, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent]:
        """Cover what the future has moved, then one contract more while it pays."""
        future, spot, market = self.future, view[self.future.underlying], view[self.future.symbol]
        self._home = spot.position if self._home is None else self._home
        if view.time >= future.expiry:
            return
        covered = self._home - market.position * future.multiplier
        if spot.position != covered:
            yield from towards(view, spot, max(0, covered), spot.lot * 1_000)
            return
        years = (future.expiry - view.time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
        if market.bid is not None and spot.ask is not None and -market.position < self.contracts:
            gain = market.bid - forward_price(spot.ask, years=years, rate=self.rate)
            if gain >= self.least_gain:
                yield PlaceOrder(future.symbol, SELL, 1, market.bid, "ioc")
                return
        if market.ask is not None and spot.bid is not None and market.position < self.contracts:
            gain = forward_price(spot.bid, years=years, rate=self.rate) - market.ask
            if gain >= self.least_gain and spot.position >= future.multiplier:
                yield PlaceOrder(future.symbol, BUY, 1, market.ask, "ioc")
