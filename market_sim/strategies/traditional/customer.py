"""The customer of the market-making models: comes at random and trades if the quote is good enough (A exp(-k d)).

A customer is willing to pay an exponentially distributed distance from the value, with mean 1/k. So a maker whose quote
lies d from the value is met with an intensity that falls as exp(-k d), which is what Avellaneda and Stoikov (2008) and
their successors assume. Customers know the value and want nothing but their one trade.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Customer(Strategy):
    """Comes with some probability, and takes the best quote if it lies near enough to the value."""

    symbol: str = "ACME"
    trade_probability: float = 0.3
    k: float = 0.3
    """How fast its willingness falls with the distance, for a cent."""
    size: int = 5

    def __post_init__(self) -> None:
        if not 0 <= self.trade_probability <= 1 or self.k <= 0 or self.size < 1:
            raise InputError(f"a probability lies between 0 and 1, k and size are positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Draw whether, which side, and how far from the value."""
        random, market = view.random, view[self.symbol]
        if random.random() >= self.trade_probability:
            return
        side = BUY if random.random() < 0.5 else SELL
        reach = random.expovariate(self.k)
        best, value = market.ask if side == BUY else market.bid, market.value or market.last
        if best is None or value is None or side * (best - value) > reach:
            return
        possible = view.cash * 100 >= 101 * self.size * best if side == BUY else market.position >= self.size
        if possible:
            yield PlaceOrder(self.symbol, side, self.size, best, "ioc")
