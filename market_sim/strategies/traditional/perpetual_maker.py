"""The maker of a perpetual: quotes around the index and leans against its position, so that a premium can arise.

When many traders buy, the maker becomes short and raises its quotes: the perpetual trades above its index. Funding then
pays the maker for holding the other side, so a premium arises without any view on the price.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, Intent
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.market_making.quotes import Quote, quoted_anew


@dataclass
class PerpetualMaker(Strategy):
    """One bid and one ask around the index, moved by what it holds."""

    makes_markets: ClassVar[bool] = True
    symbol: str = "BTC-PERP"
    index: str = "BTC"
    spread_bps: int = 10
    size: int = 5
    most: int = 100
    """The largest position, long or short."""
    lean_bps: int = 40
    """How far the quotes move when the position is at its largest."""

    def __post_init__(self) -> None:
        if self.spread_bps < 1 or self.size < 1 or self.most < self.size or self.lean_bps < 0:
            raise InputError(f"spread and size are positive and below the largest position, found {self}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Quote again around the index, unless both quotes are right already."""
        market = view[self.symbol]
        index = view[self.index].value or view[self.index].last
        if index is None:
            return ()
        if market.instrument is not None:  # a split of the underlying changes what a unit stands for
            index = market.instrument.unit.worth(index)
        centre = index - index * self.lean_bps * market.position // (self.most * 10_000)
        half = max(market.tick, centre * self.spread_bps // 20_000)
        bid = (centre - half) // market.tick * market.tick
        ask = -(-(centre + half) // market.tick) * market.tick
        wanted = []
        if bid > 0 and market.position + self.size <= self.most:
            wanted.append(Quote(BUY, bid, self.size))
        if market.position - self.size >= -self.most:
            wanted.append(Quote(SELL, ask, self.size))
        return quoted_anew(view, self.symbol, wanted)
