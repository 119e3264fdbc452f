"""The FCN trader of Chiarella, Iori and Perello (2009): part fundamentalist, part chartist, part noise.

It expects the return r = (g1 ln(value / price) / tau_f + g2 mean return + n chance) / (g1 + |g2| + n) a step, so the
price p exp(r tau) at its horizon tau, and sends a limit order at that price times a uniform factor in 1 - k to 1 + k: a
bid below the price it expects, an ask above it. The weights and the horizon differ from trader to trader: fundamental
and chartist ones are exponential, and a trader with much weight on the chart looks less far ahead. Orders that were not
filled within the horizon are taken back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, log

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Cancel, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class FcnTrader(Strategy):
    """Expects a return from fundamentals, the chart and chance, and sends a limit order around that price."""

    symbol: str = "ACME"
    fundamental: float = 1.0
    """The mean of the weight on fundamentals (g1)."""
    chartist: float = 1.5
    """The mean of the weight on the chart (g2)."""
    noise: float = 1.0
    """The weight on chance (n)."""
    noise_bps: float = 10.0
    """The standard deviation of chance in one step."""
    horizon: int = 50
    """The reference horizon in trades."""
    reversion: float = 50.0
    """Over how many steps a fundamentalist expects a wrong price to be corrected (tau_f)."""
    margin: float = 0.005
    """k: how far from the expected price an order lies, at most."""
    max_size: int = 4
    trade_probability: float = 0.3
    start: int = 10_000
    _weights: tuple[float, float, int] | None = field(default=None, init=False, repr=False)
    _since: dict[int, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if min(self.fundamental, self.chartist, self.noise) < 0 or self.fundamental + self.chartist + self.noise <= 0:
            raise InputError(f"weights are not negative and one is positive, found {self}")
        if self.horizon < 1 or self.reversion <= 0 or not 0 < self.margin < 1 or self.max_size < 1:
            raise InputError(f"horizon, reversion, margin and size are positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Take old orders back; perhaps send a new one around the price that it expects."""
        random, market = view.random, view[self.symbol]
        if self._weights is None:
            g1 = random.expovariate(1 / self.fundamental) if self.fundamental else 0.0
            g2 = random.expovariate(1 / self.chartist) if self.chartist else 0.0
            horizon = max(1, round(self.horizon * (1 + g1) / (1 + g2)))
            self._weights = g1, g2, horizon
        g1, g2, horizon = self._weights
        now = len(market.prices)
        for order in view.orders:
            if now - self._since.setdefault(order.id, now) > horizon:
                yield Cancel(order.id)
        if random.random() >= self.trade_probability:
            return
        price = market.last or self.start
        value = market.value or price
        past = market.prices[-horizon - 1 :]
        trend = log(past[-1] / past[0]) / (len(past) - 1) if len(past) > 1 else 0.0
        chance = self.noise_bps / 10_000 * random.gauss(0, 1)
        total = g1 + g2 + self.noise
        step = (g1 * log(value / price) / self.reversion + g2 * trend + self.noise * chance) / total if total else 0.0
        expected = price * exp(max(-0.5, min(0.5, step * horizon)))
        limit = round(expected * (1 + self.margin * (2 * random.random() - 1)))
        limit -= limit % market.tick
        size = (1 + int(random.random() * self.max_size)) * market.lot
        side = BUY if expected > limit else SELL
        held = market.position - sum(order.remaining for order in view.orders if order.side == SELL)
        possible = view.cash * 100 >= 101 * size * limit if side == BUY else held >= size
        if limit > 0 and possible:
            yield PlaceOrder(self.symbol, side, size, limit)
