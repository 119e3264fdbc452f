"""The option maker: quotes a whole chain around the Black-Scholes-Merton value of each option (rulebook F-3.1).

It asks a little more and bids a little less than the value at its own volatility, and moves the quotes with the
underlying. It does not hedge; that is the delta hedger's strategy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Option
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.rounding import as_price


@dataclass
class OptionMaker(Strategy):
    """Bids and asks for every option it is given, around its value."""

    makes_markets: ClassVar[bool] = True
    options: tuple[Option, ...] = ()
    volatility: float = 0.2
    edge: int = 5
    """How far its bid and its ask lie from the value, in cents."""
    size: int = 2
    most: int = 20
    """The largest position in one option, bought or written."""
    least_move: int = 5
    """The change of the value, in cents, from which on it requotes: a new quote loses its place in the queue."""
    until: int | None = None
    """The time at which it cancels its quotes for good, because the terms of its options change."""
    _quoted: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.volatility <= 0 or self.edge < 1 or self.size < 1 or self.most < self.size:
            raise InputError(f"volatility, edge and size are positive and below the largest position, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Quote again the options whose value has changed or whose quotes have traded."""
        if self.until is not None and view.time >= self.until:
            yield from (Cancel(order.id) for order in view.orders)
            return
        for option in self.options:
            option = view[option.symbol].instrument or option  # a split changes what a unit stands for
            underlying = view[option.underlying]
            spot = underlying.value or underlying.last
            if spot is not None and view.time < option.expiry:
                yield from self._quote(view, option, spot)

    def worth(self, option: Option, spot: int, time: int) -> float:
        """The value of one unit of an option at this maker's volatility."""
        years = (option.expiry - time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
        unit = option.unit.worth(spot)
        return price(VanillaOption(option.right, unit, option.strike, years, self.volatility))

    def _quote(self, view: View, option: Option, spot: int) -> Iterator[Intent]:
        symbol, tick = option.symbol, option.tick
        value = self.worth(option, spot, view.time)
        bid, ask = (
            as_price(max(value - self.edge, 0.0), tick, towards="down"),
            as_price(value + self.edge, tick, towards="up"),
        )
        position, waiting = view[symbol].position, [order for order in view.orders if order.symbol == symbol]
        bids = bid > 0 and position + self.size <= self.most
        asks = position - self.size >= -self.most
        before = self._quoted.get(symbol)
        if before is not None and abs(ask - before) < self.least_move and len(waiting) == bids + asks:
            return
        self._quoted[symbol] = ask
        for order in waiting:
            yield Cancel(order.id)
        if bids:
            yield PlaceOrder(symbol, BUY, self.size, bid)
        if asks:
            yield PlaceOrder(symbol, SELL, self.size, ask)
