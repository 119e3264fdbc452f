"""The latency race: the same strategy twice, near the exchange and far away (Budish, Cramton and Shim 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import Jumps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, traded, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.informed import Informed
from market_sim.strategies.traditional.noise import Noise

NEAR, FAR = "near", "far"


@dataclass(frozen=True)
class LatencyRace(Scenario):
    """What is a millisecond worth? Two equal traders see the same news, one a little later than the other."""

    name: ClassVar[str] = "latency-race"
    claim: ClassVar[str] = "The near trader gains more than the far one."

    near_ms: float = bounded(1.0, least=0.0, most=1_000.0)
    far_ms: float = bounded(40.0, least=0.0, most=1_000.0)

    def build(self, world: World) -> None:
        """A value that jumps, a maker who renews its quotes every tenth of a second, noise, and the two."""
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), Jumps(1, 0.15, jump_bps=40))
        maker = FixedSpread(spread_bps=12, size=10, max_position=3_000)
        world.join("maker", maker, dollars(900_000), {"ACME": 9_000}, every_ms=100, latency_ms=1)
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.2), dollars(9_000), {"ACME": 60})
        for name, latency in ((NEAR, self.near_ms), (FAR, self.far_ms)):
            trader = Informed(size=10, edge_bps=2, max_position=2_000)
            world.join(name, trader, dollars(500_000), {"ACME": 3_000}, every_ms=10, latency_ms=latency)

    def holds(self, journal: Journal) -> bool:
        """Whether the near one gained more."""
        return trading_gain(journal, NEAR) > trading_gain(journal, FAR)

    def conclusion(self, journal: Journal) -> str:
        """What each of them traded and gained."""
        told = " and ".join(
            f"the {name} trader, {latency:g} ms away, traded {counted(traded(journal, name), 'share')} and "
            f"{gained(trading_gain(journal, name))}"
            for name, latency in ((NEAR, self.near_ms), (FAR, self.far_ms))
        )
        return f"Measured at the last value, {told}."
