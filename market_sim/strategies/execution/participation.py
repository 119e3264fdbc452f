"""Participation: a share of what the market trades anyway, for as long as that takes (POV; rulebook F-4.4).

`rate` is the share of all volume, one's own included, so the child is rate / (1 - rate) of what others traded. It
assumes that the volume of others is not a reaction to one's own; otherwise it would follow its own trades for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.traditional.taking import towards


@dataclass
class Participate(Strategy):
    """Trades a fixed share of the volume until its quantity is done (percentage of volume)."""

    symbol: str = "ACME"
    side: int = SELL
    quantity: int = 100
    rate: float = 0.1
    start_s: float = 1.0
    _first: int | None = field(default=None, init=False, repr=False)
    _read: int = field(default=0, init=False, repr=False)
    _volume: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.side not in (BUY, SELL) or self.quantity < 1 or not 0 < self.rate < 1:
            raise InputError(f"an order has a side and a quantity, and a rate between 0 and 1, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Count what others traded, and take as much as the rate allows."""
        market = view[self.symbol]
        if self._first is None:
            self._first = market.position
        fresh = market.trades[self._read :]
        self._read = len(market.trades)
        self._volume += sum(one.quantity for one in fresh if one.time >= self.start_s * 1_000_000_000)
        done = abs(market.position - self._first)
        allowed = int(self.rate / (1 - self.rate) * max(0, self._volume - done))
        wanted = self._first + self.side * min(self.quantity, allowed)
        if self.side * (wanted - market.position) > 0:
            yield from towards(view, market, wanted, self.quantity)
