"""The crowded room: many noise traders and one market maker; no value is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.models.instruments import Stock
from market_sim.core.money import cents, dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise


@dataclass(frozen=True)
class CrowdedRoom(Scenario):
    """Many traders without information: what does a price mean?"""

    name: ClassVar[str] = "crowded-room"

    traders: int = bounded(40, least=1, most=1_000)

    def build(self, world: World) -> None:
        """One maker that follows the last price, since no value is known, and the noise traders."""
        world.list(Stock("ACME", tick=cents(1)))
        maker = MarketMaker(start=dollars(100), spread_bps=10, size=20, levels=8)
        world.join("maker", maker, cash=dollars(500_000), holdings={"ACME": 5_000})
        for number in range(self.traders):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
