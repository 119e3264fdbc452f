"""Informed against noise: why a maker needs a spread (Glosten and Milgrom 1985, Kyle 1985)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import Jumps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, traded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.informed import Informed
from market_sim.strategies.traditional.noise import Noise

MAKER, KNOWS = "maker", "informed"


@dataclass(frozen=True)
class InformedVersusNoise(Scenario):
    """Who pays for information? One trader knows the value, a maker does not, and noise trades for other reasons."""

    name: ClassVar[str] = "informed-vs-noise"
    claim: ClassVar[str] = (
        "Measured at the value of the moment, who knows it takes from the maker, and noise pays both."
    )

    traders: int = bounded(8, least=1, most=200)
    spread_bps: float = bounded(30.0, least=1.0, most=1_000.0)

    def build(self, world: World) -> None:
        """A value with jumps that only one account sees; a maker who follows the last price."""
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), Jumps(10, 0.05, jump_bps=100), known_to=(KNOWS,))
        maker = FixedSpread(spread_bps=self.spread_bps, size=20, max_position=2_000, start=dollars(100))
        world.join(MAKER, maker, cash=dollars(500_000), holdings={"ACME": 5_000}, every_ms=50)
        world.join(KNOWS, Informed(size=5), cash=dollars(200_000), holdings={"ACME": 2_000}, every_ms=100)
        for number in range(self.traders):
            noise = Noise(trade_probability=0.2, patience=0.2)
            world.join(f"noise-{number}", noise, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)

    def gains(self, journal: Journal) -> tuple[int, int, int]:
        """What the informed trader, the maker and the noise traders gained, at the value when each trade was made."""
        value = 0
        found = {KNOWS: 0, MAKER: 0, "noise": 0}
        for event in journal:
            if isinstance(event, ValueMoved):
                value = event.value
            elif isinstance(event, Trade):
                for account, side in ((event.taker, event.side), (event.maker, -event.side)):
                    role = account.partition("-")[0]
                    if role in found:  # a guest is none of them
                        found[role] += side * (value - event.price) * event.quantity
        return found[KNOWS], found[MAKER], found["noise"]

    def holds(self, journal: Journal) -> bool:
        """Whether the informed trader gained and noise lost more than that, or the maker lost the rest."""
        informed, _, noise = self.gains(journal)
        return informed > 0 > noise

    def conclusion(self, journal: Journal) -> str:
        """Who gained and lost how much."""
        informed, maker, noise = self.gains(journal)
        return (
            f"Measured at the value of each moment, the informed trader {gained(informed)} with "
            f"{counted(traded(journal, KNOWS), 'share')}, the maker {gained(maker)}, and "
            f"{counted(self.traders, 'noise trader')} {gained(noise)}."
        )
