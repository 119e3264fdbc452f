"""The noise trader: trades at random, for reasons unrelated to the value (after Kyle 1985)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass(slots=True)
class Noise(Strategy):
    """With some probability at each wake-up: buy or sell a random quantity, now or at a price near the market."""

    symbol: str = "ACME"
    trade_probability: float = 0.1
    max_size: int = 5
    patience: float = 0.5
    """The share of orders that wait in the book instead of taking liquidity."""
    reach_bps: int = 20
    """The largest distance of a waiting order from the best price, in basis points."""
    venue: str = ""
    """Its venue, where there are several."""

    def __post_init__(self) -> None:
        if not 0 <= self.trade_probability <= 1 or not 0 <= self.patience <= 1:
            raise InputError(f"a probability lies between 0 and 1, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Toss a coin, then a side, a size and a price."""
        random = view.random.random
        if random() >= self.trade_probability:
            return
        market = view.at(self.symbol, self.venue)
        side = BUY if random() < 0.5 else SELL
        size = market.lot * (1 + int(random() * self.max_size))
        near = market.bid if side == BUY else market.ask
        far = market.ask if side == BUY else market.bid
        if near is None or far is None:
            return
        if random() < self.patience:
            away = int(random() * near * self.reach_bps / 10_000)
            limit = near - side * (away - away % market.tick)
        else:
            limit = far
        if side == BUY:
            size = min(size, view.cash // (limit * 2) // market.lot * market.lot)
        else:
            size = min(size, market.position // 2 // market.lot * market.lot)
        if size > 0 and limit > 0:
            yield PlaceOrder(self.symbol, side, size, limit, venue=self.venue)
