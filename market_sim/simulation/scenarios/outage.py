"""The outage: a venue is down for some seconds, and its broken connection is left alone for longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderAccepted, OrderRejected, Trade
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, RoutePlanned, VenueHealthChanged
from market_sim.core.money import dollars
from market_sim.core.units import SECOND
from market_sim.market.venues.breaker import CLOSED, HALF_OPEN, OPEN
from market_sim.market.venues.terms import Outage
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.several_venues import NYSE, THREE, populate
from market_sim.strategies.execution.router import Router

DESK = "desk"


@dataclass(frozen=True)
class OutageScenario(Scenario):
    """A venue is down for seconds: five failures break its connection, and a probe mends it half a minute later."""

    name: ClassVar[str] = "outage"
    epochs: ClassVar[int] = 38
    claim: ClassVar[str] = (
        "The outage lasts six seconds and costs the venue thirty, until a probe is answered; a router does its whole "
        "order elsewhere."
    )

    traders: int = bounded(8, least=1, most=250)
    outage_s: float = bounded(6.0, least=0.1, most=1_000.0)
    quantity: int = bounded(300, least=1, most=100_000)
    algorithm: str = "cost"

    def build(self, world: World) -> None:
        """Three venues, of which the exchange is down from the third epoch on, and a desk that buys by a router."""
        populate(world, THREE, self.traders)
        router = Router(
            side=BUY, quantity=self.quantity, start_s=1.5, end_s=31.5, slices=30, venues=THREE, algorithm=self.algorithm
        )
        world.join(DESK, router, cash=dollars(100) * 2 * self.quantity, every_ms=20)
        world.at(epoch=3, outage=Outage(NYSE.name, self.outage_s))

    def holds(self, journal: Journal) -> bool:
        """Whether the connection broke, was probed and mended, without orders meanwhile, and the desk is done."""
        changes = [*journal.of(VenueHealthChanged)]
        if [one.status for one in changes] != [OPEN, HALF_OPEN, CLOSED]:
            return False
        began = next(journal.of(OutageBegan)).time
        orders = [one.time for one in journal.of(OrderAccepted) if one.terms.venue == NYSE.name]
        is_without = not any(began < time < changes[1].time for time in orders) and orders[-1] >= changes[2].time
        return is_without and self._bought(journal) == self.quantity

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
        plans = [*journal.of(RoutePlanned)]
        elsewhere = [one for one in plans if NYSE.name in one.reason]
        held_back = sum(one.reason == "VENUE_UNAVAILABLE" for one in journal.of(OrderRejected))
        over = next(journal.of(OutageEnded), None)
        down = "until the end of the run" if over is None else f"for {_seconds(over.time - began.time)} s"
        ends = "was not mended in this run" if mended is None else f"was mended after {_seconds(mended - broke)} s"
        return (
            f"{NYSE.name} was down {down}; its connection broke {_seconds(broke - began.time)} s "
            f"after that began and {ends}, while {counted(held_back, 'intent')} for it went nowhere. "
            f"The desk bought {self._bought(journal):,} of {self.quantity:,} shares by "
            f"{counted(len(plans), 'plan')}, {len(elsewhere)} of them because {NYSE.name} did not answer."
        )

    def _bought(self, journal: Journal) -> int:
        return sum(trade.quantity for trade in journal.of(Trade) if trade.taker == DESK)


def _seconds(duration: int) -> str:
    return f"{duration / SECOND:.2f}"
