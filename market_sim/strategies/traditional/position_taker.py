"""The position taker: builds up one position in small orders, on credit or short, and keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class PositionTaker(Strategy):
    """Takes liquidity until it has its target position (negative: short), and never closes it by itself."""

    symbol: str = "ACME"
    target: int = 100
    slice: int = 10
    start_ns: int = 0
    """When it begins."""
    _sent: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.target or self.slice < 1:
            raise InputError(f"a target is not zero and a slice is positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Take one more slice at the best price; a missing quantity is tried again later."""
        market = view[self.symbol]
        side = BUY if self.target > 0 else SELL
        best, shown = (market.ask, 1) if side == BUY else (market.bid, 0)
        left = abs(self.target) - self._sent
        if view.time < self.start_ns or best is None or left <= 0:
            return
        offered = market.depth(1)[shown]
        size = min(self.slice, left, offered[0][1] if offered else 0)
        if size > 0:
            self._sent += size
            yield PlaceOrder(self.symbol, side, size, best, "ioc")
