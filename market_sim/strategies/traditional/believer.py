"""The believer: it shows what it thinks a share is worth, drawn towards an anchor and towards what others show.

    shown = (1 - anchoring - herding) own + anchoring anchor + herding crowd

`own` is the value with an error of its own at each look, `anchor` the first price that it saw, `crowd` the midpoint of
the moment. Anchoring: A. Tversky and D. Kahneman, Science 185 (1974). Herding: S. Bikhchandani, D. Hirshleifer and I.
Welch, Journal of Political Economy 100 (1992); here both are weights, and nobody infers anything from the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, Buy, CancelAll, Intent, Sell
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View


@dataclass
class Believer(Strategy):
    """Bids a little below and asks a little above what it believes, and renews both when it looks again."""

    symbol: str = "ACME"
    anchoring: float = 0.3
    """The weight of the first price that it saw."""
    herding: float = 0.2
    """The weight of the midpoint."""
    error_bps: float = 30.0
    """The standard deviation of its own estimate."""
    apart_bps: float = 15.0
    """How far its quotes lie from its belief."""
    size: int = 3
    start: int | None = None
    """What it takes for the first price before there is any."""
    _anchor: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.anchoring < 0 or self.herding < 0 or self.anchoring + self.herding > 1:
            raise InputError(f"anchoring and herding are weights that add up to at most 1, found {self}")
        if self.error_bps < 0 or self.apart_bps < 0 or self.size < 1:
            raise InputError(f"an error and a distance are not negative and a size is positive, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Form a belief, and show it."""
        market = view[self.symbol]
        bid, ask = market.bid, market.ask
        crowd = (bid + ask) / 2 if bid is not None and ask is not None else market.last or self.start
        if crowd is None:
            return
        if self._anchor is None:
            self._anchor = float(self.start or crowd)
        value = market.value
        own = crowd if value is None else value * (1 + view.random.gauss(0, self.error_bps / 10_000))
        belief = own + self.anchoring * (self._anchor - own) + self.herding * (crowd - own)
        apart = belief * self.apart_bps / 10_000
        tick = market.tick
        low, high = int((belief - apart) // tick) * tick, -int(-(belief + apart) // tick) * tick
        yield CancelAll(self.symbol)
        cash = view.cash + sum(one.limit * one.remaining for one in view.orders if one.side == BUY)
        if low > 0 and cash >= 2 * low * self.size:
            yield Buy(self.symbol, self.size, low)
        if market.position >= self.size:
            yield Sell(self.symbol, self.size, high)
