"""The wash trader: two accounts trade with each other, and half of the volume means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.money import dollars
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.spoofer import accused, said_of
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.misconduct.washing import Washer
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.sniper import Sniper

WASHERS = "washer-1", "washer-2"


@dataclass(frozen=True)
class WashTrader(Scenario):
    """Volume that means nothing: two accounts trade the same shares back and forth. Who sees it?"""

    name: ClassVar[str] = "wash-trader"
    epochs: ClassVar[int] = 10
    claim: ClassVar[str] = "Surveillance accuses the two washers, and nobody else."
    claim_share: ClassVar[float] = 0.95

    traders: int = bounded(6, least=0, most=100)
    honest: bool = False
    """Whether the washers stay away."""

    def build(self, world: World) -> None:
        """Two makers, noise, a sniper that trades with one maker again and again, and the washers."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=2)
        makers = {
            "maker-ladder": MarketMaker(spread_bps=16, size=10, levels=5, step_bps=2),
            "maker-fixed": FixedSpread(spread_bps=14, size=10, max_position=500),
        }
        for name, maker in makers.items():
            world.join(name, maker, dollars(400_000), {"ACME": 4_000}, every_ms=100)
        for number in range(self.traders):
            noise = Noise(trade_probability=0.2)
            world.join(f"noise-{number}", noise, dollars(20_000), {"ACME": 200}, latency_ms=5)
        world.join("sniper", Sniper(), dollars(100_000), {"ACME": 1_000}, every_ms=50)
        if not self.honest:
            for name, posts in zip(WASHERS, (True, False), strict=True):
                world.join(name, Washer(posts=posts), dollars(100_000), {"ACME": 1_000}, every_ms=20)

    @property
    def guilty(self) -> frozenset[str]:
        """Who breaks the rules, to score detectors with."""
        return frozenset() if self.honest else frozenset(WASHERS)

    def holds(self, journal: Journal) -> bool:
        """Whether exactly the two washers are accused."""
        return accused(alerts_of(journal)) == self.guilty

    def conclusion(self, journal: Journal) -> str:
        """The part of the volume that the washers made with each other, and who was accused."""
        volume = sum(trade.quantity for trade in journal.of(Trade))
        washed = sum(trade.quantity for trade in journal.of(Trade) if {trade.maker, trade.taker} == {*WASHERS})
        share = 100 * washed // volume if volume else 0
        found = said_of(accused(alerts_of(journal)))
        told = f"Of {counted(volume, 'share')} traded, the washers traded {washed} with each other ({share} %)"
        return f"{told}; accused: {found}."
