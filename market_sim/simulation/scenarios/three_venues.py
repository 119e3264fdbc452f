"""Three venues: one share on an exchange, on an ECN and in a dark pool, each on its own terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import listed
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.venue_events import VenueMeasured, VenueOpened
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.several_venues import BACKGROUND, THREE, populate, sharing_all

TOLERANCE = 0.05


@dataclass(frozen=True)
class ThreeVenues(Scenario):
    """One share on an exchange, an ECN and in a dark pool: each is as far, as dear and as reliable as its terms say."""

    name: ClassVar[str] = "three-venues"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "Each venue gets its share of the background flow to within five points, and the nearest one is the fastest."
    )

    traders: int = bounded(20, least=1, most=250)
    venues: int = bounded(3, least=1, most=3)

    def build(self, world: World) -> None:
        """The first of the three venues, a maker on each that shows its orders, and noise on all."""
        populate(world, sharing_all(THREE[: self.venues]), self.traders)

    def holds(self, journal: Journal) -> bool:
        """Whether the flow divides as the terms say, and the latencies have the order of the terms."""
        opened, measured, got = _found(journal)
        total = sum(got.values())
        if not total or len(measured) < len(opened):
            return False
        divides = all(abs(got[one.venue] / total - one.share_bps / 10_000) <= TOLERANCE for one in opened)
        return divides and (
            sorted(opened, key=lambda one: one.mean_ns) == sorted(opened, key=lambda one: measured[one.venue].mean_ns)
        )

    def conclusion(self, journal: Journal) -> str:
        """What each venue got of the background flow, and how far away it was."""
        opened, measured, got = _found(journal)
        total = sum(got.values())
        told = [
            f"{one.venue} got {100 * got[one.venue] / total:.0f} % of the background's orders "
            f"({one.share_bps / 100:.0f} % by its terms) and was "
            f"{measured[one.venue].mean_ns / 1e6:.2f} ms away ({one.mean_ns / 1e6:.2f})"
            for one in opened
            if total and one.venue in measured
        ]
        return f"{listed(told)}." if told else ""


def _found(journal: Journal) -> tuple[list[VenueOpened], dict[str, VenueMeasured], dict[str, int]]:
    """The venues, what was last measured of each, and how many orders of the background each accepted."""
    opened = [*journal.of(VenueOpened)]
    got = {one.venue: 0 for one in opened}
    for order in journal.of(OrderAccepted):
        if order.account.startswith(BACKGROUND):
            got[order.terms.venue] += 1
    return opened, {one.venue: one for one in journal.of(VenueMeasured)}, got
