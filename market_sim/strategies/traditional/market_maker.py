"""The market maker: quotes bids and asks at the same time and earns the spread.

It quotes around the believed value (the last price, where no value is known), and leans: the more it holds, the lower
it quotes, so that others take its inventory away (after Ho and Stoll 1981; the skew here is linear in the position).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.market.agents.strategy import Adapted, Strategy
from market_sim.market.agents.view import InstrumentView, OwnOrder, View


@dataclass
class MarketMaker(Strategy):
    """Keeps a ladder of bids and asks around a reference price and leans against its inventory."""

    makes_markets: ClassVar[bool] = True
    symbol: str = "ACME"
    spread_bps: int = 20
    """The full spread between its best bid and its best ask, in basis points of the reference."""
    size: int = 10
    levels: int = 5
    step_bps: int = 5
    """The distance between the levels of the ladder, in basis points."""
    target: int | None = None
    """The position it wants; without one, what it holds when it first wakes up."""
    max_position: int = 1_000
    """The distance from the target at which it stops to quote the side that would increase it."""
    lean_bps: int = 10
    """How far the quotes move when the position is `max_position` away from the target."""
    start: int | None = None
    """The reference price before anything is known."""
    until: int | None = None
    """The time at which it cancels its quotes for good, because its instrument ends."""
    venue: str = ""
    """Its venue, where there are several."""
    _centre: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.spread_bps <= 0 or self.size <= 0 or self.levels <= 0 or self.max_position <= 0:
            raise InputError(f"spread, size, levels and position limit are positive, found {self}")

    @property
    def quoted_bps(self) -> int:
        """The full spread that it quotes now."""
        return self.spread_bps

    def reference(self, market: InstrumentView) -> int | None:
        """What the quotes lie around: the believed value, else the last price."""
        return market.value or market.last or self.start

    def decide(self, view: View) -> Iterable[Intent | Adapted]:
        """Renew the ladder when its centre has moved by a tick or fewer quotes than `levels` are left.

        A full ladder is twice as many, so a fill alone renews nothing unless it moves the centre: what waits keeps its
        place in the queue.
        """
        market = view.at(self.symbol, self.venue)
        if self.until is not None and view.time >= self.until:
            yield from (Cancel(order.id) for order in view.orders)
            return
        if self.target is None:
            self.target = market.position
        reference = self.reference(market)
        if reference is None:
            return
        away = market.position - self.target
        lean = reference * self.lean_bps * away // (self.max_position * 10_000)
        centre = reference - lean
        centre -= centre % market.tick
        waiting = view.orders
        if centre == self._centre and len(waiting) >= self.levels:
            return
        self._centre = centre
        for order in waiting:
            yield Cancel(order.id)
        yield from self._ladder(view.cash, waiting, market, centre, away)

    def _ladder(
        self, cash: int, waiting: Sequence[OwnOrder], market: InstrumentView, centre: int, away: int
    ) -> Iterator[PlaceOrder]:
        half = max(market.tick, centre * self.quoted_bps // 20_000)
        step = max(market.tick, centre * self.step_bps // 10_000)
        # Cash reserved for the cancelled quotes is free again before the new ones arrive.
        cash += sum([order.limit * order.remaining for order in waiting if order.side == BUY])
        shares = market.position
        for rung in range(self.levels):
            distance = half + rung * step
            bid = centre - distance
            bid -= bid % market.tick
            ask = centre + distance
            ask += -ask % market.tick
            if away < self.max_position and bid > 0 and cash >= bid * self.size * 2:
                cash -= bid * self.size
                yield PlaceOrder(self.symbol, BUY, self.size, bid, venue=self.venue)
            if away > -self.max_position and shares >= self.size:
                shares -= self.size
                yield PlaceOrder(self.symbol, SELL, self.size, ask, venue=self.venue)
