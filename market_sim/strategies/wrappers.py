"""Wrappers: a strategy around another one that stops it, caps it or slows it down.

Latency(InventoryLimit(Momentum(), most=20), delay_ms=50)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, CancelAll, Intent, PlaceOrder
from market_sim.market.agents.strategy import Remark, Strategy, WakeAt, Waking
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.pairs import middle


@dataclass
class Wrapper(Strategy):
    """A strategy with another one inside, which wakes up for the same things."""

    inner: Strategy

    def wakes(self) -> Iterable[Waking]:
        """What the inner one wakes up for."""
        return self.inner.wakes()


@dataclass
class DrawdownStop(Wrapper):
    """Stops the inner strategy for good once its account has lost too much from its best moment."""

    symbol: str = "ACME"
    most_cents: int = 10_000
    """How far its worth may fall below the most that it was."""
    has_stopped: bool = field(default=False, init=False)
    _best: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.most_cents < 1:
            raise InputError(f"a drawdown stop needs a positive amount, found {self.most_cents}")

    def worth(self, view: View) -> float | None:
        """Cash, what bids hold back, and the position at the middle; None while there is no price."""
        market = view[self.symbol]
        price = middle(market)
        if price is None:
            return None
        waiting = sum(order.limit * order.remaining for order in view.orders if order.side > 0)
        return view.cash + waiting + market.position * price

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Ask the inner one, unless it has lost too much: then only take its orders back."""
        worth = self.worth(view)
        if worth is not None:
            self._best = worth if self._best is None else max(self._best, worth)
            self.has_stopped = self.has_stopped or self._best - worth > self.most_cents
        if not self.has_stopped:
            yield from self.inner.decide(view) or ()
        elif view.orders:
            yield CancelAll()


@dataclass
class InventoryLimit(Wrapper):
    """Lets no order of the inner strategy pass that could take its position past a limit."""

    symbol: str = "ACME"
    most: int = 100
    """How far the position may go from where it began."""
    _home: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.most < 1:
            raise InputError(f"an inventory limit is positive, found {self.most}")

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Pass on what fits, counting every order that is open."""
        position = view[self.symbol].position
        self._home = position if self._home is None else self._home
        passed = {BUY: 0, SELL: 0}
        open_orders = {order.id: order for order in view.orders if order.symbol == self.symbol}
        for wish in self.inner.decide(view) or ():
            if isinstance(wish, Cancel):
                open_orders.pop(wish.order, None)
            elif isinstance(wish, CancelAll) and wish.symbol in (None, self.symbol):
                open_orders.clear()
            elif isinstance(wish, PlaceOrder) and wish.symbol == self.symbol:
                waiting = sum(order.remaining for order in open_orders.values() if order.side == wish.side)
                away = wish.side * (position - self._home) + waiting + passed[wish.side] + wish.quantity
                if away > self.most:
                    continue
                passed[wish.side] += wish.quantity
            yield wish


@dataclass
class Latency(Wrapper):
    """Sends what the inner strategy wants only after a delay, as if it took that long to think."""

    delay_ms: float = 50.0
    _waiting: deque[tuple[int, tuple[Intent, ...]]] = field(default_factory=deque, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.delay_ms <= 0:
            raise InputError(f"a delay is positive, found {self.delay_ms} ms")

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Send what is due; ask the inner one, and remember what it wants now."""
        due_now = bool(self._waiting) and self._waiting[0][0] <= view.time
        while self._waiting and self._waiting[0][0] <= view.time:
            yield from self._waiting.popleft()[1]
        if due_now:
            return  # woken to send, not to decide
        wishes = tuple(self.inner.decide(view) or ())
        yield from (wish for wish in wishes if isinstance(wish, Remark))
        intents = tuple(wish for wish in wishes if not isinstance(wish, Remark))
        if intents:
            due = view.time + int(self.delay_ms * 1_000_000)
            self._waiting.append((due, intents))
            yield WakeAt(due)
