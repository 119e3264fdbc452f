"""Several venues with terms, as the scenarios about them share them: the entries, and who trades there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.venues.latency import Delay
from market_sim.market.venues.terms import DARK, ECN, VenueTerms
from market_sim.simulation.engine.world import World
from market_sim.strategies.traditional.background import Background, shares_of
from market_sim.strategies.traditional.market_maker import MarketMaker

NYSE: Final = VenueTerms(
    "SIM-NYSE", maker_bps=-0.2, taker_bps=0.3, latency=Delay(2.0, 5.0), share=0.25, reliability=0.98
)
ISLAND: Final = VenueTerms(
    "SIM-ISLAND", ECN, maker_bps=-0.25, taker_bps=0.3, latency=Delay(0.5, 1.5), share=0.45, reliability=0.995
)
POOL: Final = VenueTerms(
    "SIM-POOL", DARK, maker_bps=0.1, taker_bps=0.1, latency=Delay(1.0, 3.0), share=0.3, reliability=0.99
)
THREE: Final = (NYSE, ISLAND, POOL)
BACKGROUND: Final = "noise-"
"""The beginning of the names of those who have no reason to choose a venue."""


def sharing_all(venues: Sequence[VenueTerms]) -> tuple[VenueTerms, ...]:
    """These venues with shares in the same proportion that add up to 1."""
    total = sum(terms.share for terms in venues)
    return tuple(replace(terms, share=terms.share / total) for terms in venues)


def populate(world: World, venues: Sequence[VenueTerms], traders: int) -> None:
    """Open the venues, list one share on all, and let a maker quote on each lit one and noise come to all."""
    for terms in venues:
        world.venue(terms)
        world.list(Stock("ACME"), venue=terms.name)
    world.value("ACME", dollars(100), RandomWalk(2.0))
    for terms in venues:
        if terms.is_lit:
            maker = MarketMaker(spread_bps=6, size=20, levels=4, venue=terms.name)
            world.join(f"maker-{terms.name}", maker, cash=dollars(200_000), holdings={"ACME": 2_000}, every_ms=50)
    for number in range(traders):
        noise = Background(shares_of(venues), trade_probability=0.3)
        world.join(f"{BACKGROUND}{number}", noise, cash=dollars(10_000), holdings={"ACME": 100})
