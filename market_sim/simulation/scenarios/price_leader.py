"""The price leader: of two venues that trade one share, where does the price move first?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import book_name
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.quotes import tapes
from market_sim.market.venues.latency import Delay
from market_sim.market.venues.terms import VenueTerms
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.background import Background, shares_of
from market_sim.strategies.traditional.market_maker import MarketMaker

LEADER = VenueTerms("SIM-NASDAQ", latency=Delay(0.5, 1.5), share=0.5)
FOLLOWER = VenueTerms("SIM-REGIONAL", latency=Delay(0.5, 1.5), share=0.5)
VENUES = (LEADER, FOLLOWER)
STEP_NS = 200_000_000
"""Half of the time after which the follower looks again: enough to see what the leader did before it."""


@dataclass(frozen=True)
class PriceLeader(Scenario):
    """Two venues, one of which renews its quotes late: how much of its next move do the moves of the other tell?"""

    name: ClassVar[str] = "price-leader"
    epochs: ClassVar[int] = 16
    claim: ClassVar[str] = (
        "What the midpoint of the leader did explains more of what the follower's will do than the other way round."
    )

    traders: int = bounded(6, least=1, most=250)
    late_ms: int = bounded(400, least=1, most=10_000)

    def build(self, world: World) -> None:
        """A maker on each venue, both with the same value, and noise that comes to both alike."""
        for terms in VENUES:
            world.venue(terms)
            world.list(Stock("ACME"), venue=terms.name)
        world.value("ACME", dollars(100), RandomWalk(4.0))
        for terms, every_ms in ((LEADER, 50), (FOLLOWER, self.late_ms)):
            maker = MarketMaker(spread_bps=8, size=50, levels=3, venue=terms.name)
            world.join(f"maker-{terms.name}", maker, cash=dollars(300_000), holdings={"ACME": 3_000}, every_ms=every_ms)
        for number in range(self.traders):
            noise = Background(shares_of(VENUES), trade_probability=0.2)
            world.join(f"noise-{number}", noise, cash=dollars(5_000), holdings={"ACME": 50})

    def told(self, journal: Journal) -> tuple[float, float] | None:
        """How much of a step of the follower the leader's step before tells, and the other way round."""
        found = tapes(journal)
        books = [found.get(book_name("ACME", terms.name)) for terms in VENUES]
        if not books[0] or not books[1]:
            return None
        leader, follower = books[0].quotes, books[1].quotes
        times = range(2 * STEP_NS, journal[-1].time, STEP_NS)
        points = [(leader.at(time), follower.at(time)) for time in times]
        known = [(one, other) for one, other in points if one is not None and other is not None]
        steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(known)]
        return _explained([(a[0], b[1]) for a, b in pairwise(steps)]), _explained(
            [(a[1], b[0]) for a, b in pairwise(steps)]
        )

    def holds(self, journal: Journal) -> bool:
        """Whether the leader leads."""
        found = self.told(journal)
        return found is not None and found[0] > found[1]

    def conclusion(self, journal: Journal) -> str:
        """The two shares."""
        found = self.told(journal)
        if found is None:
            return ""
        return (
            f"A step of the midpoint on {LEADER.name} explains {100 * found[0]:.0f} % of the variance of the next step "
            f"on {FOLLOWER.name}; a step there explains {100 * found[1]:.0f} % of the next one on {LEADER.name}."
        )


def _explained(pairs: list[tuple[int, int]]) -> float:
    """The squared correlation of two series (R² of a regression with one regressor); 0 where one never moves."""
    if len(pairs) < 2:
        return 0.0
    mean = [sum(column) / len(pairs) for column in zip(*pairs, strict=True)]
    both = sum((one - mean[0]) * (other - mean[1]) for one, other in pairs)
    spread = [sum((pair[place] - mean[place]) ** 2 for pair in pairs) for place in (0, 1)]
    return both * both / (spread[0] * spread[1]) if spread[0] and spread[1] else 0.0
