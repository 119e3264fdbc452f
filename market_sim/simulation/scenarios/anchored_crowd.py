"""The anchored crowd: what does a price say when everybody sticks to the first price and looks at the others?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import values_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.believer import Believer
from market_sim.strategies.traditional.noise import Noise

ANCHOR = dollars(100)


@dataclass(frozen=True)
class AnchoredCrowd(Scenario):
    """What does a price say when all who make it stick to the first one and look at each other?"""

    name: ClassVar[str] = "anchored-crowd"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = "The price stays behind the value, on the side of the first price."

    traders: int = bounded(8, least=2, most=200)
    anchoring: float = bounded(0.4, least=0.0, most=0.5)
    herding: float = bounded(0.3, least=0.0, most=0.5)
    error_bps: float = bounded(30.0, least=0.0, most=1_000.0)
    volatility_bps: float = bounded(15.0, least=0.0, most=200.0)

    def build(self, world: World) -> None:
        """A value that wanders off, believers who know it with an error, and noise that knows nothing."""
        world.list(Stock("ACME"))
        names = tuple(f"believer-{number}" for number in range(self.traders))
        world.value("ACME", ANCHOR, RandomWalk(self.volatility_bps), known_to=names)
        for name in names:
            believer = Believer(anchoring=self.anchoring, herding=self.herding, error_bps=self.error_bps, start=ANCHOR)
            world.join(name, believer, cash=dollars(100_000), holdings={"ACME": 1_000}, every_ms=200)
        for number in range(3):
            noise = Noise(trade_probability=0.2, patience=0.0)
            world.join(f"noise-{number}", noise, cash=dollars(20_000), holdings={"ACME": 200})

    def behind(self, journal: Journal) -> tuple[float, float] | None:
        """At each second: how far the value was from the first price, and how far the midpoint, on the same side."""
        tape = tapes(journal).get("ACME")
        if tape is None:
            return None
        values, told, last = values_of(journal, "ACME"), [], ANCHOR
        place = 0
        for time in range(SECOND, journal[-1].time, SECOND):
            while place < len(values) and values[place][0] <= time:
                last = values[place][1]
                place += 1
            middle = tape.quotes.at(time)
            if middle is not None and last != ANCHOR:
                side = 1 if last > ANCHOR else -1
                told.append((side * (last - ANCHOR), side * (middle / 2 - ANCHOR)))
        return (fmean(one for one, _ in told), fmean(other for _, other in told)) if told else None

    def holds(self, journal: Journal) -> bool:
        """Whether the midpoint is nearer to the first price than the value is, on average."""
        found = self.behind(journal)
        return found is not None and found[1] < found[0]

    def conclusion(self, journal: Journal) -> str:
        """How far value and price went from the first price."""
        found = self.behind(journal)
        if found is None:
            return ""
        value, price = (distance / 100 for distance in found)
        return (
            f"From second to second the value was {value:.2f} USD away from the first price on average, and the "
            f"midpoint {price:.2f} on the same side; what the believers show is {self.anchoring:.0%} first price and "
            f"{self.herding:.0%} midpoint."
        )
