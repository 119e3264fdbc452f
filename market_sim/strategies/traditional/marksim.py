"""The three agents of the MARKSIM market with their parameter names and values: a maker, noise, and an informed trader.

Sizes are in whole coins, as one types them (0.5), and become units of the instrument's quantity decimals. The spread is
the full distance as a fraction of the middle: at 50,000 a spread of 0.005 means 49,875 and 50,125.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.market_making.quotes import around, on_tick, replaced
from market_sim.strategies.traditional.taking import towards

INITIAL_PRICE = 50_000
DECIMALS = 2


def units(amount: float, market: InstrumentView) -> int:
    """An amount of whole coins in the units of an instrument's quantity.

    >>> units(0.5, InstrumentView("BTC/USD"))
    50
    """
    decimals = DECIMALS if market.instrument is None else market.instrument.quantity_decimals
    return round(amount * 10**decimals)


@dataclass
class MarksimMaker(Strategy):
    """Quotes a fixed fraction around the middle, and stops adding when its position is at the limit."""

    makes_markets: ClassVar[bool] = True
    agent_id: str = "mm_1"
    symbol: str = "BTC/USD"
    spread: float = 0.005
    order_size: float = 0.5
    max_position: float = 10.0
    initial_price: int = INITIAL_PRICE
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.spread < 1 or self.order_size <= 0 or self.max_position < self.order_size:
            raise InputError(f"spread and size are positive, and the limit is not below the size, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """One bid and one ask."""
        market = view[self.symbol]
        self._home = market.position if self._home is None else self._home
        centre, away = market.last or self.initial_price, market.position - self._home
        size, most = units(self.order_size, market), units(self.max_position, market)
        wanted = [on_tick(quote, market.tick) for quote in around(centre, centre * self.spread / 2, size)]
        yield from replaced(view, market, [quote for quote in wanted if quote.side * away + quote.size <= most])


@dataclass
class MarksimNoise(Strategy):
    """With a small probability at each wake-up, takes a random size on a random side."""

    agent_id: str = "noise_1"
    symbol: str = "BTC/USD"
    trade_probability: float = 0.05
    max_size: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.trade_probability <= 1 or self.max_size <= 0:
            raise InputError(f"a probability lies between 0 and 1 and a size is positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """A coin for whether, one for the side, and a uniform size."""
        random, market = view.random.random, view[self.symbol]
        if random() >= self.trade_probability:
            return
        side = BUY if random() < 0.5 else SELL
        size = max(1, int(random() * units(self.max_size, market)))
        best = market.ask if side == BUY else market.bid
        if best is None:
            return
        size = min(size, view.cash * 100 // (101 * best)) if side == BUY else min(size, market.position)
        if size > 0:
            yield PlaceOrder(self.symbol, side, size, best, "ioc")


@dataclass
class MarksimInformed(Strategy):
    """Believes that the price should be its signal, and trades towards it with its directional bias."""

    agent_id: str = "informed_1"
    symbol: str = "BTC/USD"
    signal: int = INITIAL_PRICE * 102 // 100
    """The price that it believes in."""
    order_size: float = 1.0
    bias: float = 1.0
    """How much of its orders go towards the signal: 1 for all of them, 0.5 for half, which is no bias at all."""

    def __post_init__(self) -> None:
        if not 0 <= self.bias <= 1 or self.signal < 1 or self.order_size <= 0:
            raise InputError(f"a bias lies between 0 and 1, signal and size are positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Take what is offered on the way to the signal; nothing beyond it."""
        market = view[self.symbol]
        side = BUY if (market.last or INITIAL_PRICE) < self.signal else SELL
        if view.random.random() >= self.bias:
            side = -side
        best = market.ask if side == BUY else market.bid
        if best is not None and side * (self.signal - best) > 0:
            size = units(self.order_size, market)
            yield from towards(view, market, market.position + side * size, size)
