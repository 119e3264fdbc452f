"""The noise trader: trades at random, for reasons unrelated to the value (after Kyle 1985)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View


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
        if view.random.random() >= self.trade_probability:
            return
        market = view.at(self.symbol, self.venue)
        yield from noise_order(self, view, market, market.bid, market.ask, self.venue)


def noise_order(
    noise: Noise, view: View, market: InstrumentView, bid: int | None, ask: int | None, venue: str
) -> Iterator[PlaceOrder]:
    """Toss for a side, a size and a price near these quotes; at most half of what the account has."""
    random = view.random.random
    side = BUY if random() < 0.5 else SELL
    size = market.lot * (1 + int(random() * noise.max_size))
    near, far = (bid, ask) if side == BUY else (ask, bid)
    if near is None or far is None:
        return
    if random() < noise.patience:
        away = int(random() * near * noise.reach_bps / 10_000)
        limit = near - side * (away - away % market.tick)
    else:
        limit = far
    if side == BUY:
        size = min(size, view.cash // (limit * 2) // market.lot * market.lot)
    else:
        size = min(size, market.position // 2 // market.lot * market.lot)
    if size > 0 and limit > 0:
        yield PlaceOrder(noise.symbol, side, size, limit, venue=venue)
