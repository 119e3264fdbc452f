"""An efficient market: a value that is a random walk, and strategies that look for patterns in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, traded, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.signals import Chartist, MeanReversion, Momentum

READERS = ("momentum", "mean-reversion", "chartist")


@dataclass(frozen=True)
class EfficientMarket(Scenario):
    """Can the chart be read? A price that takes in all news at once, and three strategies that study its past."""

    name: ClassVar[str] = "efficient-market"
    epochs: ClassVar[int] = 16
    claim: ClassVar[str] = "The three who read the chart lose together: what they pay is the spread."

    volatility_bps: float = bounded(3.0, least=0.0, most=100.0)
    spread_bps: float = bounded(14.0, least=1.0, most=500.0)

    def build(self, world: World) -> None:
        """A random walk that the makers quote around at once, noise, and the three."""
        fees = FeeSchedule(taker=bps(1))
        world.list(Stock("ACME"), fees, value=dollars(100), volatility_bps=self.volatility_bps)
        for number in range(2):
            maker = FixedSpread(spread_bps=self.spread_bps, size=30, max_position=4_000)
            world.join(f"maker-{number}", maker, dollars(900_000), {"ACME": 9_000}, every_ms=25)
        for number in range(5):
            world.join(f"noise-{number}", Noise(trade_probability=0.3, patience=0), dollars(9_000), {"ACME": 60})
        for name, reader in zip(
            READERS,
            (Momentum(max_position=20), MeanReversion(window=20, max_position=20), Chartist(max_position=20)),
            strict=True,
        ):
            world.join(name, reader, dollars(20_000), {"ACME": 100}, every_ms=50)

    def holds(self, journal: Journal) -> bool:
        """Whether they lost together."""
        return sum(trading_gain(journal, name) for name in READERS) < 0

    def conclusion(self, journal: Journal) -> str:
        """What each of them made of it, fees included."""
        told = "; ".join(
            f"{name} traded {traded(journal, name):,} shares and {gained(trading_gain(journal, name))}"
            for name in READERS
        )
        total = sum(trading_gain(journal, name) for name in READERS)
        return f"With fees and at the last value, {told}; together they {gained(total)}."
