"""Two venues: one share, two books, and an arbitrageur between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.venue_arbitrage import VenueArbitrage

FAST, SLOW = "SIM-A", "SIM-B"
WATCHER = "watcher"


@dataclass(frozen=True)
class TwoVenues(Scenario):
    """One share on two venues: an arbitrageur takes the stale quotes of the slow one."""

    name: ClassVar[str] = "two-venues"

    traders: int = bounded(5, least=0, most=250)
    slow_ms: int = bounded(1_000, least=1, most=100_000)
    shock_percent: float = bounded(-1.0, least=-90.0, most=500.0)

    def build(self, world: World) -> None:
        """A maker and noise traders on each venue, an arbitrageur on both, and one price shock."""
        for venue in (FAST, SLOW):
            world.venue(venue, {"stock": FeeSchedule(taker=bps(0.5))})
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=4, venue=FAST)
        world.list(Stock("ACME"), venue=SLOW)
        for venue, renewed in ((FAST, 50), (SLOW, self.slow_ms)):
            maker = MarketMaker(spread_bps=10, size=10, levels=4, venue=venue)
            world.join(f"maker-{venue}", maker, cash=dollars(200_000), holdings={"ACME": 2_000}, every_ms=renewed)
            for number in range(self.traders):
                noise = Noise(trade_probability=0.2, venue=venue)
                name = f"noise-{number}-{venue}"
                world.join(name, noise, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        watcher = VenueArbitrage(venues=(FAST, SLOW))
        world.join(WATCHER, watcher, cash=dollars(50_000), holdings={"ACME": 300}, every_ms=20)
        if self.shock_percent:
            world.at(epoch=4, shock=PriceShock("ACME", percent=self.shock_percent))

    def conclusion(self, journal: Journal) -> str:
        """The trades of each venue, the widest gap of the last prices, and the arbitrageur's trades."""
        trades = [*journal.of(Trade)]
        last: dict[str, int] = {}
        widest = 0
        for trade in trades:
            last[trade.venue] = trade.price
            widest = max(widest, abs(last[FAST] - last[SLOW])) if len(last) == 2 else widest
        counts = [sum(trade.venue == venue for trade in trades) for venue in (FAST, SLOW)]
        told = f"{counted(counts[0], 'trade')} on {FAST}, {counts[1]} on {SLOW}, all in one count"
        if len(last) == 2:
            told += f"; the last prices of the two were at most {written(widest)} apart"
        return f"{told}; {_arbitrage(trades)}."


def _arbitrage(trades: list[Trade]) -> str:
    """What the arbitrageur bought and sold."""
    mine = [trade for trade in trades if trade.taker == WATCHER]
    if not mine:
        return "the arbitrageur never found a bid above an ask of the other venue"
    sides = []
    for side, word in ((1, "bought"), (-1, "sold")):
        chosen = [trade for trade in mine if trade.side == side]
        shares = sum(trade.quantity for trade in chosen)
        cash = sum(trade.quantity * trade.price for trade in chosen)
        sides.append(f"{word} {shares} shares for {written(cash)}")
    return f"the arbitrageur {' and '.join(sides)}, before fees of {written(sum(trade.taker_fee for trade in mine))}"
