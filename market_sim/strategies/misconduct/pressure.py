"""Pressure: orders that are shown and not meant to be traded, so that others trade with the one that is.

A spoofer offers a few shares, and shows a wall of bids behind the best one. Those who read the book see buyers, and buy
what is offered; the wall is gone before anybody can sell to it. A layerer shows several smaller orders at several
prices in place of the wall. The Dodd-Frank Act of 2010 (section 747) made it an offence in the United States.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.core.units import MILLISECOND
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View


@dataclass
class Spoofer(Strategy):
    """Offers a little, shows a wall on the other side, and takes the wall away when the little has traded."""

    symbol: str = "ACME"
    size: int = 5
    """The quantity that it wants to trade."""
    wall: int = 150
    """The quantity of each order that it only shows."""
    walls: int = 1
    """The number of orders that it only shows, each a tick further away."""
    patience_ms: int = 1_200
    """After this long without a trade it gives up."""
    rest_ms: int = 900
    _target: int | None = field(default=None, init=False, repr=False)
    _since: int = field(default=0, init=False, repr=False)
    _side: int = field(default=SELL, init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.size, self.wall, self.walls) <= 0 or min(self.patience_ms, self.rest_ms) < 0:
            raise InputError(f"sizes are positive and times are not negative, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Show, wait for the trade, take away, rest; sell and buy in turn."""
        market = view[self.symbol]
        if self._target is None:
            self._target = market.position
        if view.orders:
            meant = [order for order in view.orders if order.side == self._side]
            has_traded = not meant or meant[0].remaining < self.size
            if has_traded or view.time - self._since >= self.patience_ms * MILLISECOND:
                self._since = view.time
                yield from (Cancel(order.id) for order in view.orders)
            return
        if view.time - self._since >= self.rest_ms * MILLISECOND and market.bid and market.ask:
            self._since = view.time
            self._side = SELL if market.position >= self._target else BUY
            yield from self._shown(market, market.bid, market.ask)

    def _shown(self, market: InstrumentView, bid: int, ask: int) -> Iterator[PlaceOrder]:
        """The order that is meant, inside the spread if there is room, and the wall behind the best price opposite."""
        side, tick = self._side, market.tick
        far, near = (ask, bid) if side == SELL else (bid, ask)
        inside = far + side * tick
        yield PlaceOrder(self.symbol, side, self.size, inside if side * (near - inside) > 0 else far)
        for number in range(self.walls):
            limit = near + side * (1 + number) * tick
            if limit > 0:
                yield PlaceOrder(self.symbol, -side, self.wall, limit)


@dataclass
class Layerer(Spoofer):
    """Shows several orders of a usual size at several prices in place of one wall."""

    wall: int = 20
    walls: int = 5
