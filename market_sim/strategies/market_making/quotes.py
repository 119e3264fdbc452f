"""Quotes, and the market maker that all others of this family share: it caps its inventory and renews what moved.

A subclass only says where it wants to quote. A quote that stands already keeps its place in the queue; what it cannot
pay or deliver is not quoted; the side that would take the inventory past its limit is left out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import ClassVar, NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.market.agents.strategy import Adapted, Strategy, WakeAt
from market_sim.market.agents.view import InstrumentView, OwnOrder, View

NEXT_TO_NOTHING = 1e-6
"""By less than this a theoretical price that should be whole misses it because of the arithmetic of floats."""


class Quote(NamedTuple):
    """One order that a maker wants to have in the book."""

    side: int
    price: int
    size: int


@dataclass
class QuotingMaker(Strategy):
    """A maker that quotes around a reference price, as far as its inventory allows."""

    makes_markets: ClassVar[bool] = True
    symbol: str = "ACME"
    size: int = 10
    max_position: int = 200
    """How far from its target the inventory may go."""
    target: int | None = None
    """The position it wants; without one, what it holds when it first wakes up."""
    start: int | None = None
    """The reference price before anything is known."""
    venue: str = ""

    def __post_init__(self) -> None:
        if self.size < 1 or self.max_position < self.size:
            raise InputError(f"a quote has a size, and the largest position is not smaller, found {self}")

    @abstractmethod
    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """What it wants to quote, `away` from its target; prices that are not on a tick are moved outwards."""

    def reference(self, market: InstrumentView) -> float | None:
        """What the quotes lie around: the believed value, else the last price."""
        return market.value or market.last or self.start

    def decide(self, view: View) -> Iterable[Intent | WakeAt | Adapted]:
        """Quote again what has moved, was traded away, or is too much."""
        market = view.at(self.symbol, self.venue)
        if self.target is None:
            self.target = market.position
        reference = self.reference(market)
        if reference is None or market.phase != "continuous":
            return
        away = market.position - self.target
        wanted = [on_tick(quote, market.tick) for quote in self.quotes(view, market, reference, away)]
        yield from replaced(view, market, [quote for quote in wanted if self._is_within(quote, away)], self.venue)

    def _is_within(self, quote: Quote, away: int) -> bool:
        return quote.price > 0 and quote.size > 0 and quote.side * away + quote.size <= self.max_position


def both(bid: float, ask: float, size: int) -> tuple[Quote, Quote]:
    """A bid and an ask at these theoretical prices: the bid is rounded down, the ask up.

    >>> both(98.2, 101.9, 5)
    (Quote(side=1, price=98, size=5), Quote(side=-1, price=102, size=5))
    """
    return Quote(BUY, floor(bid + NEXT_TO_NOTHING), size), Quote(SELL, ceil(ask - NEXT_TO_NOTHING), size)


def around(centre: float, half: float, size: int) -> tuple[Quote, Quote]:
    """A bid and an ask at the same distance from a centre."""
    return both(centre - half, centre + half, size)


def on_tick(quote: Quote, tick: int) -> Quote:
    """A quote whose price is a multiple of the tick: a bid is rounded down, an ask up.

    >>> on_tick(Quote(BUY, 107, 1), 5).price, on_tick(Quote(SELL, 107, 1), 5).price
    (105, 110)
    """
    price = quote.price // tick * tick if quote.side == BUY else -(-quote.price // tick) * tick
    return quote._replace(price=price)


def own_orders(view: View, symbol: str, venue: str = "") -> list[OwnOrder]:
    """The open orders in one instrument; of several venues, on the named one."""
    return [order for order in view.orders if order.symbol == symbol and (not venue or order.venue == venue)]


def quoted_anew(view: View, symbol: str, wanted: Iterable[Quote], venue: str = "") -> Iterator[Intent]:
    """Cancel all quotes and place the wanted ones; when these prices are quoted already, do nothing."""
    wanted = list(wanted)
    mine = own_orders(view, symbol, venue)
    if sorted((order.side, order.limit) for order in mine) == sorted((side, price) for side, price, _ in wanted):
        return
    yield from (Cancel(order.id) for order in mine)
    yield from (PlaceOrder(symbol, side, size, price, venue=venue) for side, price, size in wanted)


def replaced(view: View, market: InstrumentView, wanted: Iterable[Quote], venue: str = "") -> Iterator[Intent]:
    """Cancel what is not wanted any more, keep what stands, and place what can be paid and delivered of the rest."""
    missing = list(wanted)
    stale: list[OwnOrder] = []
    delivered = market.instrument is None or market.instrument.delivered
    multiplier = 1 if market.instrument is None else market.instrument.cash_multiplier
    cash, held = view.cash, market.position
    for order in own_orders(view, market.symbol, venue):
        quote = Quote(order.side, order.limit, order.remaining)
        if quote in missing:
            missing.remove(quote)
            held -= order.remaining if order.side == SELL else 0
            continue
        stale.append(order)
        # What is held back for a quote that is cancelled is free again before the new ones arrive.
        cash += order.limit * order.remaining * multiplier if order.side == BUY else 0
    yield from (Cancel(order.id) for order in stale)
    for side, price, size in missing:
        if side == BUY:
            cost = price * size * multiplier
            if cash < cost + cost // 100:  # a fee comes on top
                continue
            cash -= cost + cost // 100
        elif delivered:
            if held < size:
                continue
            held -= size
        yield PlaceOrder(market.symbol, side, size, price, venue=venue)
