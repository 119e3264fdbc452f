"""Front running on a book: somebody at the line reads an order on its way, and is there before it.

It buys what the other is about to buy, and offers it to the other at just below the next price, or at its limit. A
broker must not do that with an order of its customer (FINRA Rule 5270, *Front Running of Block Transactions*).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from market_sim.core.models.intents import BUY, SELL, CancelAll, Intent, PlaceOrder
from market_sim.core.models.market_events import OrderRead
from market_sim.core.units import MILLISECOND
from market_sim.market.agents.strategy import Strategy, WakeAt
from market_sim.market.agents.view import InstrumentView, View


class Pending(Protocol):
    """What can be read of orders on their way."""

    @property
    def readable(self) -> Sequence[OrderRead]:
        """Orders that have not arrived yet, in the order in which they were sent."""


@dataclass
class FrontRunner(Strategy):
    """Buys whole levels of the book before a purchase that it reads, and sells them to it one tick below the next."""

    pending: Pending
    symbol: str = "ACME"
    least: int = 20
    """The smallest purchase that is worth it."""
    rest_ms: int = 2
    """How long after the arrival of the purchase it closes what is left: in auctions, after the next one."""
    _seen: int = field(default=0, init=False, repr=False)
    _close_at: int = field(default=0, init=False, repr=False)
    _target: int | None = field(default=None, init=False, repr=False)

    def decide(self, view: View) -> Iterable[Intent | WakeAt]:
        """Close what is left of the last one, and be there before the next."""
        market = view[self.symbol]
        if self._target is None:
            self._target = market.position
        if self._close_at and view.time >= self._close_at:
            self._close_at = 0
            yield CancelAll()
            yield from self._rest(market)
        for order in self.pending.readable:
            is_new = order.time > self._seen and order.symbol == self.symbol
            if is_new and order.side == BUY and order.quantity >= self.least and not self._close_at:
                self._seen = order.time
                intents = list(self._before(market, order))
                if intents:
                    self._close_at = order.arrives + self.rest_ms * MILLISECOND
                    yield from intents
                    yield WakeAt(self._close_at)

    def _before(self, market: InstrumentView, order: OrderRead) -> Iterable[PlaceOrder]:
        """Buy the whole levels that the purchase would reach, and offer them to it."""
        _, asks = market.depth(50)
        taken = last = 0
        for price, quantity in asks:
            if taken + quantity > order.quantity or (order.limit is not None and price >= order.limit):
                break
            taken, last = taken + quantity, price
        beyond = [price for price, _ in asks if price > last]
        highest = [*([order.limit] if order.limit is not None else []), *(price - market.tick for price in beyond[:1])]
        if taken and highest and min(highest) > last:
            if market.phase != "continuous":  # in an auction it can only buy together with the other
                yield PlaceOrder(self.symbol, BUY, taken, order.limit)
                return
            yield PlaceOrder(self.symbol, BUY, taken, last, time_in_force="ioc")
            yield PlaceOrder(self.symbol, SELL, taken, min(highest))

    def _rest(self, market: InstrumentView) -> Iterable[PlaceOrder]:
        """Sell what the other has not bought, at the best price."""
        left = market.position - (self._target or 0)
        bids, _ = market.depth(50)
        if left > 0 and bids:
            yield PlaceOrder(self.symbol, SELL, left, bids[-1][0])


@dataclass
class BlockBuyer(Strategy):
    """Buys a block again and again at a price that may be somewhat worse than the best one that it sees."""

    symbol: str = "ACME"
    quantity: int = 40
    tolerance_bps: int = 50

    def decide(self, view: View) -> Iterable[Intent]:
        """The limit is the best ask and the tolerance; what is not to be had within it is left."""
        market = view[self.symbol]
        _, asks = market.depth(1)
        if asks:
            limit = asks[0][0] * (10_000 + self.tolerance_bps) // 10_000
            limit -= limit % market.tick
            yield PlaceOrder(self.symbol, BUY, self.quantity, limit)
