"""The maker on several venues: wherever it trades, it wants to gain the same, after the fee or with the rebate.

Its quotes lie margin + fee from the reference, so they are closer where makers are paid a rebate; a venue whose rebate
is more than the margin is quoted at the reference. One cap holds for its inventory on all venues together.
That fees and rebates move quotes is shown by K. Malinova and A. Park, Journal of Finance 70 (2015).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.intents import Conditions, Intent, PlaceOrder
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.strategies.market_making.quotes import around, on_tick, replaced

PASSIVE = Conditions(post_only="slide")
"""A taker is paid no rebate: a quote that would take moves to the nearest price at which it waits."""


@dataclass
class RebateMaker(Strategy):
    """A maker that quotes one instrument on several venues for the same net gain on each."""

    makes_markets: ClassVar[bool] = True
    fees_bps: Mapping[str, float]
    """The maker's fee of each venue in basis points, negative for a rebate."""
    symbol: str = "ACME"
    margin_bps: float = 3.0
    """What each side is to gain after fees."""
    size: int = 10
    max_position: int = 200
    """How far the inventory may go from what it first held."""
    target: int | None = None

    def __post_init__(self) -> None:
        if not self.fees_bps:
            raise InputError("a maker on several venues needs the fee of each")
        if self.size < 1 or self.max_position < self.size * len(self.fees_bps):
            raise InputError(f"the largest position holds a quote of some size on every venue, found {self}")
        if not self.margin_bps >= 0:
            raise InputError(f"a margin is not negative, found {self.margin_bps}")

    def decide(self, view: View) -> Iterable[Intent]:
        """Quote on each venue anew what has moved; no side that, filled on all of them, would pass the cap."""
        for venue, fee_bps in self.fees_bps.items():
            market = view.at(self.symbol, venue)
            if self.target is None:
                self.target = market.position
            reference = market.value or market.last
            if reference is None or market.phase != "continuous":
                continue
            half = reference * max(0.0, self.margin_bps + fee_bps) / 10_000
            # At least a tick from the reference, so that its own bid and ask never meet across venues.
            wanted = [on_tick(quote, market.tick) for quote in around(reference, max(half, market.tick), self.size)]
            away, all_sides = market.position - self.target, self.size * len(self.fees_bps)
            within = [one for one in wanted if one.price > 0 and one.side * away + all_sides <= self.max_position]
            for intent in replaced(view, market, within, venue):
                yield msgspec.structs.replace(intent, conditions=PASSIVE) if isinstance(intent, PlaceOrder) else intent
