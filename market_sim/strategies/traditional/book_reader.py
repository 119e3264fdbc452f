"""The book reader: trades with the side of the book that shows more (after Cont, Kukanov and Stoikov 2014).

More waiting buyers than sellers often come before a rise. A reader therefore buys when the bids near the market are
much larger than the asks; it cannot know which of them are meant to be traded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass(slots=True)
class BookReader(Strategy):
    """Buys when the bids near the market are much larger than the asks, and sells when they are much smaller."""

    symbol: str = "ACME"
    size: int = 5
    times: float = 2.0
    """How many times as large one side must be."""
    levels: int = 5
    max_position: int = 200
    """The distance from its first position at which it stops."""
    _first: int | None = None

    def __post_init__(self) -> None:
        if self.size <= 0 or self.levels <= 0 or self.max_position <= 0 or self.times < 1:
            raise InputError(f"sizes are positive and a side is at least once as large, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Compare the two sides, and take the best price of the smaller one."""
        market = view[self.symbol]
        if self._first is None:
            self._first = market.position
        bids, asks = (sum(size for _, size in side) for side in market.depth(self.levels))
        if not bids or not asks or market.bid is None or market.ask is None:
            return
        away = market.position - self._first
        if bids >= self.times * asks and away < self.max_position and view.cash >= 2 * market.ask * self.size:
            yield PlaceOrder(self.symbol, BUY, self.size, market.ask, "ioc")
        elif asks >= self.times * bids and away > -self.max_position and market.position >= self.size:
            yield PlaceOrder(self.symbol, SELL, self.size, market.bid, "ioc")
