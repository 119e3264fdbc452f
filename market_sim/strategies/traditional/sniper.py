"""The sniper: trades against quotes that have not followed the news yet (Budish, Cramton and Shim 2015).

It assumes that the believed value is right and that it sees it before the makers have moved their quotes. In
continuous trading the first to arrive takes the stale quote. In a batch auction all orders of one interval meet at
one price, so being first is worth nothing as long as the makers requote before the auction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder, TimeInForce
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Sniper(Strategy):
    """Buys below and sells above the believed value, wherever the quotes allow it, and never waits in a book."""

    symbol: str = "ACME"
    venue: str = ""
    size: int = 10
    edge: int = 1
    """By how many cents a quote must be wrong."""

    def __post_init__(self) -> None:
        if self.size <= 0 or self.edge < 0:
            raise InputError(f"a sniper needs a positive size and an edge from 0 on, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Take the better side of a stale quote; in a call, bid up to the value for this auction only."""
        market = view.at(self.symbol, self.venue)
        value = market.value
        if value is None or market.phase not in ("continuous", "call") or view.orders:
            return
        lives: TimeInForce = "ioc" if market.phase == "continuous" else "auction"
        for side, quote in ((BUY, market.ask), (SELL, market.bid)):
            if quote is None or side * (value - quote) < self.edge:
                continue
            limit = value - side * self.edge
            limit -= side * (side * limit % market.tick)
            # Twice the price, because fees are paid in cash, too.
            size = min(self.size, view.cash // (2 * limit) if side == BUY else market.position)
            if size > 0 and limit > 0:
                yield PlaceOrder(self.symbol, side, size, limit, lives, venue=self.venue)
                return
