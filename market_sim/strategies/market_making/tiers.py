"""Makers with duties: spread and depth by the instrument's tier, and an obligation to quote.

The tiers are those of rulebook F-4.5: major pairs 5 to 20 basis points of the middle, popular ones 10 to 50, minor ones
25 to 100, exotic ones and predictions 50 to 200. An obligation, as exchanges write it for their designated makers, is a
share of the time with both sides in the book, at a spread no wider than agreed and a size no smaller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.market_making.quotes import Quote, QuotingMaker, around, on_tick

TIERS = {"major": (5, 20), "popular": (10, 50), "minor": (25, 100), "exotic": (50, 200)}
"""The least and the most full spread of each tier, in hundredths of a percent of the middle."""
LEVELS = {"major": 4, "popular": 3, "minor": 2, "exotic": 1}
"""The number of prices that each tier shows on a side: depth is cheap where an inventory is soon traded away."""


@dataclass
class TieredMaker(QuotingMaker):
    """Quotes tightly while its inventory is small and widely when it is large, always within the band of its tier."""

    tier: str = "popular"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tier not in TIERS:
            raise InputError(f"a tier is one of {', '.join(TIERS)}, found {self.tier!r}")

    def spread_bps(self, away: int) -> float:
        """The full spread at this inventory, from the least of the band to the most."""
        least, most = TIERS[self.tier]
        return least + (most - least) * min(1.0, abs(away) / self.max_position)

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """A bid and an ask around the reference, moved by half the width against the inventory."""
        half = reference * self.spread_bps(away) / 20_000
        # A price between two ticks goes outwards: stay a tick inside the widest spread that is allowed.
        widest = reference * TIERS[self.tier][1] / 20_000 - market.tick
        lean = half / 2 * max(-1.0, min(1.0, away / self.max_position))
        best = max(market.tick / 2, min(half, widest))
        for level in range(LEVELS[self.tier]):
            yield from self._narrowed(around(reference - lean, best * (1 + level), self.size), market.tick, away, level)

    def _narrowed(self, quotes: tuple[Quote, Quote], tick: int, away: int, level: int) -> tuple[Quote, Quote]:
        """Best quotes that rounding took out of the band: the side that reduces the inventory moves inwards."""
        bid, ask = (on_tick(quote, tick) for quote in quotes)
        widest = TIERS[self.tier][1] * (ask.price + bid.price)
        if level or (ask.price - bid.price) * 20_000 <= widest or ask.price - bid.price <= tick:
            return bid, ask
        if away > 0:
            return bid, ask._replace(price=ask.price - tick)
        return bid._replace(price=bid.price + tick), ask


@dataclass
class ObligedMaker(QuotingMaker):
    """Keeps both sides in the book at the agreed spread and size, and uses its freedom only when it is at its limit."""

    spread_bps: float = 30.0
    """The widest spread that its agreement allows."""
    presence: float = 0.9
    """The share of its wake-ups at which both sides must stand."""
    _looks: int = field(default=0, init=False, repr=False)
    _present: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.spread_bps <= 0 or not 0 <= self.presence <= 1:
            raise InputError(f"a spread is positive and a presence lies between 0 and 1, found {self}")

    @property
    def kept(self) -> float:
        """The share of its wake-ups so far at which both sides stood."""
        return self._present / self._looks if self._looks else 1.0

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """Both sides; the one that adds to a large inventory is left out while the obligation allows it."""
        sides = {order.side for order in view.orders if order.symbol == self.symbol}
        self._looks += 1
        self._present += sides >= {BUY, SELL}
        both = around(reference, reference * self.spread_bps / 20_000 - market.tick / 2, self.size)
        is_free = self._present > self.presence * (self._looks + 1)
        if abs(away) * 2 <= self.max_position or not is_free:
            return both
        return [quote for quote in both if quote.side * away < 0]
