"""Zero intelligence: traders who do not think at all, after Gode and Sunder (1993) and Farmer, Patelli, Zovko (2005).

With induced values a buyer has a list of what each unit is worth to it, a seller what each costs it, and they trade
one unit at a time. A constrained trader never offers at a loss, and the market alone makes that efficient; an
unconstrained one offers anything. The flow has no values at all: limit orders, market orders and cancellations come at
constant rates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class ZeroIntelligence(Strategy):
    """Bids or asks one unit at a random price; constrained, never at a loss against its induced values."""

    symbol: str = "ACME"
    side: int = BUY
    values: tuple[int, ...] = (100,)
    """What each unit is worth to a buyer (falling), or costs a seller (rising)."""
    highest: int = 200
    """The largest price that is offered."""
    is_constrained: bool = True
    _first: int | None = None

    def __post_init__(self) -> None:
        if self.side not in (BUY, SELL) or not self.values or not all(0 < one <= self.highest for one in self.values):
            raise InputError(
                f"a side is +1 or -1, and induced values lie between 1 and the highest price, found {self}"
            )

    def decide(self, view: View) -> Iterable[Intent]:
        """A new offer in place of the last one, while there are units left."""
        market = view[self.symbol]
        if self._first is None:
            self._first = market.position
        done = abs(market.position - self._first)
        yield from (Cancel(order.id) for order in view.orders)
        if done >= len(self.values):
            return
        least, most = market.tick, self.highest
        if self.is_constrained:
            least, most = (least, self.values[done]) if self.side == BUY else (self.values[done], most)
        price = least + int(view.random.random() * (most - least + 1))
        yield PlaceOrder(self.symbol, self.side, 1, price - price % market.tick or market.tick)


@dataclass
class ZeroIntelligenceFlow(Strategy):
    """Limit orders, market orders and cancellations at constant rates, at any price."""

    symbol: str = "ACME"
    limit_rate: float = 0.5
    """The probability of a limit order at a wake-up."""
    market_rate: float = 0.15
    """The probability of a market order."""
    cancel_rate: float = 0.05
    """The probability for each open order to be taken back."""
    reach: int = 50
    """How many ticks from the other side's best price a limit order lies at most."""
    max_size: int = 5
    start: int = 10_000
    """Where the first orders lie, before there is a price."""

    def __post_init__(self) -> None:
        if min(self.limit_rate, self.market_rate, self.cancel_rate) < 0 or self.limit_rate + self.market_rate > 1:
            raise InputError(f"rates are probabilities and add up to 1 at most, found {self}")
        if self.reach < 1 or self.max_size < 1:
            raise InputError(f"reach and size are positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Some cancellations, then perhaps one order."""
        random = view.random.random
        yield from (Cancel(order.id) for order in view.orders if random() < self.cancel_rate)
        kind, side = random(), BUY if random() < 0.5 else SELL
        size = 1 + int(random() * self.max_size)
        market = view[self.symbol]
        opposite = market.ask if side == BUY else market.bid
        if kind < self.market_rate:
            if opposite is not None:
                yield from self._if_possible(view, side, size, opposite, "ioc")
        elif kind < self.market_rate + self.limit_rate:
            away = (1 + int(random() * self.reach)) * market.tick
            base = opposite or market.last or self.start
            yield from self._if_possible(view, side, size, base - side * away, "gtc")

    def _if_possible(self, view: View, side: int, size: int, price: int, force: str) -> Iterable[PlaceOrder]:
        held = view[self.symbol].position - sum(order.remaining for order in view.orders if order.side == SELL)
        possible = view.cash * 100 >= 101 * size * price if side == BUY else held >= size
        if possible and price > 0:
            yield PlaceOrder(self.symbol, side, size, price, force)  # type: ignore[arg-type]
