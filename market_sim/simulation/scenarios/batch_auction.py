"""Batch auction: one share, traded continuously on one venue and in frequent auctions on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import dollars, written
from market_sim.market.mechanisms.batch_auction import BatchAuction
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.sniper import Sniper

CONTINUOUS, BATCH = "SIM-NOW", "SIM-BATCH"


@dataclass(frozen=True)
class BatchAuctionScenario(Scenario):
    """What is speed worth? One share, traded continuously on one venue and in frequent batch auctions on the other."""

    name: ClassVar[str] = "batch-auction"

    auction_every_ms: int = bounded(100, least=1, most=10_000)
    maker_every_ms: int = bounded(50, least=1, most=10_000)
    sniper_every_ms: int = bounded(5, least=1, most=10_000)
    traders: int = bounded(5, least=0, most=250)

    def build(self, world: World) -> None:
        """On each venue a maker, a crowd, and a sniper who looks at the news more often than the maker."""
        world.venue(CONTINUOUS)
        world.venue(BATCH)
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=8, venue=CONTINUOUS)
        world.list(Stock("ACME"), venue=BATCH)
        for venue in (CONTINUOUS, BATCH):
            maker = MarketMaker(spread_bps=6, size=10, levels=3, venue=venue)
            fast = ("maker", maker, self.maker_every_ms), ("sniper", Sniper(venue=venue), self.sniper_every_ms)
            for role, strategy, every in fast:
                world.join(f"{role}-{venue}", strategy, dollars(500_000), {"ACME": 5_000}, every_ms=every)
            for number in range(self.traders):
                noise = Noise(trade_probability=0.2, patience=0.9, venue=venue)
                name = f"noise-{number}-{venue}"
                world.join(name, noise, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        world.attach(BatchAuction("ACME", every_ns=self.auction_every_ms * MILLISECOND), venue=BATCH)

    def conclusion(self, journal: Journal) -> str:
        """What each sniper traded, and what it gained against the believed value at the time of each trade."""
        value, told = 0, {venue: _Sniped() for venue in (CONTINUOUS, BATCH)}
        for event in journal:
            if isinstance(event, ValueMoved):
                value = event.value
            elif isinstance(event, Trade):
                told[event.venue].add(event, value, f"sniper-{event.venue}")
        said = "; ".join(f"on {venue} {sniped.sentence}" for venue, sniped in told.items())
        return f"Measured against the believed value at each trade, {said}."


class _Sniped:
    """What one sniper traded on its venue and gained by it."""

    def __init__(self) -> None:
        self.shares = self.total = self.gain = 0

    def add(self, trade: Trade, value: int, sniper: str) -> None:
        self.total += trade.quantity
        for account, side in ((trade.taker, trade.side), (trade.maker, -trade.side)):
            if account == sniper:
                self.shares += trade.quantity
                self.gain += side * (value - trade.price) * trade.quantity

    @property
    def sentence(self) -> str:
        outcome = "lost" if self.gain < 0 else "gained"
        traded = f"the sniper traded {counted(self.shares, 'share')} of {self.total:,}"
        return f"{traded} and {outcome} {written(abs(self.gain))}"
