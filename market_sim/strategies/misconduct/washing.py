"""Washing: two accounts that trade the same shares back and forth, so that an instrument looks sought after.

One posts an order of an agreed, odd size inside the spread, and the other one, which knows it by its size, takes it.
Then they change sides. Nobody gains or loses; what others see is volume. The Commodity Exchange Act of 1936 forbids it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.core.units import MILLISECOND
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Washer(Strategy):
    """One of the two: it posts an order of the agreed size, or takes the one that its partner posted."""

    symbol: str = "ACME"
    posts: bool = True
    """Whether it posts; its partner takes."""
    size: int = 37
    """The size by which the partner knows the order."""
    patience_ms: int = 300
    rest_ms: int = 400
    _target: int | None = field(default=None, init=False, repr=False)
    _since: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.size <= 0 or min(self.patience_ms, self.rest_ms) < 0:
            raise InputError(f"the size is positive and times are not negative, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Post inside the spread and wait for the partner; or look for the partner's order and take it."""
        market = view[self.symbol]
        if self._target is None:
            self._target = market.position
        bid, ask = market.bid, market.ask
        if view.orders:
            if view.time - self._since >= self.patience_ms * MILLISECOND:
                self._since = view.time
                yield from (Cancel(order.id) for order in view.orders)
            return
        if bid is None or ask is None:
            return
        if not self.posts:
            side = BUY if market.position <= self._target else SELL
            price, shown = (ask, market.ask_size) if side == BUY else (bid, market.bid_size)
            if shown == self.size:
                yield PlaceOrder(self.symbol, side, self.size, price, "ioc")
            return
        middle = market.value or (bid + ask) // 2  # at the value, where no other trader gains by taking it
        middle -= middle % market.tick
        if bid < middle < ask and view.time - self._since >= self.rest_ms * MILLISECOND:
            self._since = view.time
            side = SELL if market.position >= self._target else BUY
            yield PlaceOrder(self.symbol, side, self.size, middle)
