"""The outage: a venue is down for some seconds, and its broken connection is left alone for longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.market_events import OrderAccepted, OrderRejected
from market_sim.core.models.venue_events import OutageBegan, VenueHealthChanged
from market_sim.market.venues.breaker import CLOSED, HALF_OPEN, OPEN
from market_sim.market.venues.terms import SECOND_NS, Outage
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.several_venues import NYSE, THREE, populate


@dataclass(frozen=True)
class OutageScenario(Scenario):
    """A venue is down for seconds: five failures break its connection, and a probe mends it half a minute later."""

    name: ClassVar[str] = "outage"
    epochs: ClassVar[int] = 38
    claim: ClassVar[str] = (
        "The outage lasts six seconds and costs the venue thirty: nothing is sent there until a probe is answered."
    )

    traders: int = bounded(8, least=1, most=250)
    outage_s: float = bounded(6.0, least=0.1, most=1_000.0)

    def build(self, world: World) -> None:
        """Three venues, of which the exchange is down from the third epoch on."""
        populate(world, THREE, self.traders)
        world.at(epoch=3, outage=Outage(NYSE.name, self.outage_s))

    def holds(self, journal: Journal) -> bool:
        """Whether the connection broke, was probed and mended, with no order in between and some after it."""
        changes = [*journal.of(VenueHealthChanged)]
        if [one.status for one in changes] != [OPEN, HALF_OPEN, CLOSED]:
            return False
        began = next(journal.of(OutageBegan)).time
        orders = [one.time for one in journal.of(OrderAccepted) if one.terms.venue == NYSE.name]
        return not any(began < time < changes[1].time for time in orders) and orders[-1] >= changes[2].time

    def conclusion(self, journal: Journal) -> str:
        """When the connection broke and when it was mended, and what was refused meanwhile."""
        began = next(journal.of(OutageBegan), None)
        if began is None:
            return ""
        changes = [*journal.of(VenueHealthChanged)]
        broke = next((one.time for one in changes if one.status == OPEN), None)
        if broke is None:
            return f"{NYSE.name} was down, but its connection never broke."
        mended = next((one.time for one in changes if one.status == CLOSED), None)
        held_back = sum(one.reason == "VENUE_UNAVAILABLE" for one in journal.of(OrderRejected))
        ends = "was not mended in this run" if mended is None else f"was mended after {_seconds(mended - broke)} s"
        return (
            f"{NYSE.name} was down for {self.outage_s:g} s; its connection broke {_seconds(broke - began.time)} s "
            f"after that began and {ends}, while {counted(held_back, 'intent')} for it went nowhere."
        )


def _seconds(duration: int) -> str:
    return f"{duration / SECOND_NS:.2f}"
