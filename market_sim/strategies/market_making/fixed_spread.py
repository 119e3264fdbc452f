"""The simplest maker: one bid and one ask at a fixed distance, until its inventory is at its limit.

It assumes nothing about arrivals or risk: the spread is a parameter, and the cap on the inventory is all that protects
it. It is what every other maker is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from market_sim.core.errors import InputError
from market_sim.market.agents.view import InstrumentView, View
from market_sim.strategies.market_making.quotes import Quote, QuotingMaker, around


@dataclass
class FixedSpread(QuotingMaker):
    """One bid and one ask at a fixed distance from the reference, with a cap on the inventory."""

    spread_bps: float = 20.0
    """The full distance between bid and ask, in hundredths of a percent of the reference."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.spread_bps <= 0:
            raise InputError(f"a spread is positive, found {self.spread_bps}")

    def quotes(self, view: View, market: InstrumentView, reference: float, away: int) -> Iterable[Quote]:
        """The same distance on both sides."""
        return around(reference, reference * self.spread_bps / 20_000, self.size)
