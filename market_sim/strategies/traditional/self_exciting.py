"""Noise that excites itself: traders without information who trade more when others have just traded.

Each trader follows the recent pace of trading with a memory of its own, and trades the more often the faster it is. All
of them together are a self-exciting point process (Hawkes 1971), the usual model of the clustering of trades; Filimonov
and Sornette (2012) read its branching ratio, the number of trades that one trade causes, as the share of the market's
activity that comes from inside. With n traders it is about n * attention * the share of orders that trade, and has to
stay below 1. The memories differ by a factor of up to a hundred, so calm and busy times come in all lengths, and with
them small and large moves of the price. Sides are tossed by a coin: the direction cannot be foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Conditions, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class SelfExcitingNoise(Strategy):
    """Buys or sells at random, the more often the more has just been traded."""

    symbol: str = "ACME"
    attention: float = 0.02
    """By how much each recent trade a wake-up raises the probability to trade."""
    calmest: float = 0.003
    """The least probability to trade at a wake-up."""
    busiest: float = 0.1
    """The largest probability to trade at a wake-up."""
    opening_pace: float = 1.0
    """How many trades a wake-up it expects before it has seen any: an opening is busy."""
    shortest: float = 2.0
    """The shortest memory for the pace, in wake-ups; each trader draws its own once, on a logarithmic scale."""
    longest: float = 200.0
    """The longest memory."""
    size_exponent: float = 1.5
    """The exponent of the tail of order sizes: the smaller, the larger the largest orders."""
    max_size: int = 20
    patience: float = 0.3
    """The share of orders that wait in the book instead of taking liquidity."""
    reach_bps: int = 20
    """How far behind the best price an order waits at most, and how far beyond it one takes, in basis points."""
    lives_ms: int = 500
    """How long an order waits."""
    _memory: float = field(default=0.0, init=False, repr=False)
    _pace: float = field(default=0.0, init=False, repr=False)
    _read: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 <= self.calmest <= self.busiest <= 1 or not 0 <= self.patience <= 1 or self.attention < 0:
            raise InputError(f"a probability lies between 0 and 1 and attention is not negative, found {self}")
        if not 1 <= self.shortest <= self.longest or self.max_size < 1 or self.lives_ms < 1:
            raise InputError(f"memories last at least one wake-up, size and life are positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Notice the trades since the last look; then perhaps send a random order."""
        random, market = view.random.random, view[self.symbol]
        count = len(market.prices)
        if not self._memory:
            self._memory = self.shortest * (self.longest / self.shortest) ** random()
            self._pace = self.opening_pace
        self._pace += (count - self._read - self._pace) / self._memory
        self._read = count
        if random() >= min(self.busiest, max(self.calmest, self.attention * self._pace)):
            return
        side = BUY if random() < 0.5 else SELL
        size = market.lot * min(self.max_size, int((1 - random()) ** (-1 / self.size_exponent)))
        near, far = (market.bid, market.ask) if side == BUY else (market.ask, market.bid)
        if near is None or far is None:
            return
        waits = random() < self.patience
        if waits:
            away = int(random() * near * self.reach_bps / 10_000)
            limit = near - side * (away - away % market.tick)
        else:
            away = near * self.reach_bps // 10_000
            limit = far + side * (away - away % market.tick)
        most = view.cash // (limit * 2) if side == BUY else market.position // 2
        size = min(size, most // market.lot * market.lot)
        if size <= 0 or limit <= 0:
            return
        if waits:
            expires = Conditions(expires=view.time + self.lives_ms * 1_000_000)
            yield PlaceOrder(self.symbol, side, size, limit, "gtd", conditions=expires)
        else:
            yield PlaceOrder(self.symbol, side, size, limit, "ioc")
