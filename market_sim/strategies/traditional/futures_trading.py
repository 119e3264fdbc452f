"""Trading of futures: a maker that quotes around the forward price, and a cash-and-carry trader.

A buyer of the underlying pays for holding it, a buyer of the future does not. So a future is worth the spot price plus
the cost of carry until its expiry, F = S exp(r T), and at its expiry the spot price (rulebook F-3.5). Cash and carry
buys the underlying and sells a future that is above this price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Future
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.forward import forward_price
from market_sim.pricing.rounding import as_price
from market_sim.strategies.market_making.quotes import Quote, quoted_anew


@dataclass
class FutureMaker(Strategy):
    """One bid and one ask around the forward price of a future."""

    makes_markets: ClassVar[bool] = True
    future: Future
    rate: float = 0.05
    """The cost of carry of a year."""
    edge: int = 5
    """How far its bid and its ask lie from the forward price, in cents."""
    size: int = 2
    most: int = 100
    """The largest position, long or short."""

    def __post_init__(self) -> None:
        if self.edge < 1 or self.size < 1 or self.most < self.size:
            raise InputError(f"edge and size are positive and the size is at most the largest position, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Quote again when the forward price has moved or a quote is gone."""
        future, market = self.future, view[self.future.symbol]
        spot = view[future.underlying].value or view[future.underlying].last
        if spot is None or view.time >= future.expiry:
            return ()
        years = (future.expiry - view.time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
        forward = forward_price(spot, years=years, rate=self.rate)
        wanted = []
        bid = as_price(max(forward - self.edge, 0.0), future.tick, towards="down")
        if bid > 0 and market.position + self.size <= self.most:
            wanted.append(Quote(BUY, bid, self.size))
        if market.position - self.size >= -self.most:
            wanted.append(Quote(SELL, as_price(forward + self.edge, future.tick, towards="up"), self.size))
        return quoted_anew(view, future.symbol, wanted)


@dataclass
class CashAndCarry(Strategy):
    """Sells an expensive future and buys its underlying, which fixes the gain, then waits for the expiry."""

    future: Future
    contracts: int = 4
    least_gain: int = 20
    """What one unit of the underlying must gain, in cents, for a trade to be worth it."""

    def decide(self, view: View) -> Iterable[Intent]:
        """Buy the underlying of what was sold; then sell one contract more while the bid is high enough."""
        future = self.future
        spot, market = view[future.underlying], view[future.symbol]
        if view.time >= future.expiry or spot.ask is None:
            return
        short = -market.position * future.multiplier - spot.position
        if short > 0:
            yield PlaceOrder(future.underlying, BUY, short, spot.ask, "ioc")
        elif market.bid is not None and -market.position < self.contracts and market.bid - spot.ask >= self.least_gain:
            yield PlaceOrder(future.symbol, SELL, 1, market.bid, "ioc")
