"""A market with unusual volume and unusual moves, in which nobody does wrong: surveillance opens cases, accuses nobody.

The steps of the value follow GARCH(1,1) (Bollerslev 1986), or they are independent of each other, with the same
variance in the long run. An investor buys within a second what the market otherwise trades in half a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.figures import Figures
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import InstrumentListed, Trade
from market_sim.core.money import dollars
from market_sim.market.compliance.detectors.alert import ALERT_KINDS
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.market.dynamics.volatility import Garch
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.execution.schedules import Twap
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.noise import Noise

VOLUME, CLUSTERING = "VOLUME_SPIKE", "VOLATILITY_CLUSTERING"
INVESTOR = "investor"
BEGINS, ENDS = 22.0, 22.9


@dataclass(frozen=True)
class UnusualMarket(Scenario):
    """Ten times the normal volume, and large moves that follow large moves: cases that accuse nobody."""

    name: ClassVar[str] = "unusual-market"
    epochs: ClassVar[int] = 40
    claim: ClassVar[str] = "Surveillance opens the cases that there are, accuses nobody, and trading goes on."

    clustered: bool = True
    """Whether large steps of the value follow large ones; their variance in the long run is the same."""
    burst: int = bounded(3_000, least=0, most=20_000)
    """What the investor buys within a second; 0: nothing."""
    volatility_bps: float = bounded(20.0, least=5.0, most=50.0)

    def build(self, world: World) -> None:
        """A maker around the value, noise traders, and an investor in a hurry."""
        world.list(Stock("ACME"))
        reaction, persistence = (0.45, 0.5) if self.clustered else (0.0, 0.0)
        world.value("ACME", dollars(100), Garch(self.volatility_bps, reaction, persistence))
        maker = FixedSpread(spread_bps=4, size=500, max_position=100_000)
        world.join("maker", maker, dollars(20_000_000), {"ACME": 200_000}, every_ms=50)
        for number in range(4):
            noise = Noise(trade_probability=0.8, patience=0)
            world.join(f"noise-{number}", noise, dollars(900_000), {"ACME": 9_000}, every_ms=100)
        if self.burst:
            program = Twap(side=BUY, quantity=self.burst, start_s=BEGINS, end_s=ENDS, slices=15)
            world.join(INVESTOR, program, dollars(4_000_000), every_ms=50)

    def holds(self, journal: Journal) -> bool:
        """Whether the cases are those of the parameters, and trades come after the last one."""
        alerts = alerts_of(journal)
        expected = {kind for kind, there in ((VOLUME, self.burst), (CLUSTERING, self.clustered)) if there}
        last = max((alert.time for alert in alerts), default=0)
        return {alert.kind for alert in alerts} == expected and any(trade.time > last for trade in journal.of(Trade))

    def conclusion(self, journal: Journal) -> str:
        """The cases, what the first of volume was about, and whether anybody is accused."""
        alerts = alerts_of(journal)
        kinds = dict.fromkeys(alert.kind for alert in alerts)
        told = [f"{counted(sum(one.kind == kind for one in alerts), 'case')} of {NOUNS[kind]}" for kind in kinds]
        accused = sorted({name for one in alerts if ALERT_KINDS[one.kind].accuses for name in one.accounts})
        cases, whom = listed(told) if told else "no case", listed(accused) if accused else "nobody"
        said = f"Surveillance opened {cases} and accused {whom}."
        first = next((one for one in alerts if one.kind == VOLUME), None)
        if first is None:
            return said
        about = first.told(Figures(journal.of(InstrumentListed)))
        return f"{said} The first one of volume came {first.time / SECOND:.1f} s into the run: {about}."


NOUNS = dict.fromkeys(ALERT_KINDS, "misconduct") | {
    VOLUME: "unusual volume",
    CLUSTERING: "clustered volatility",
    "BEST_EXECUTION": "a better price elsewhere",
}
"""What a case is about, by its kind."""
