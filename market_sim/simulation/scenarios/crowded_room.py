"""The crowded room: many noise traders and one market maker; no value is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.money import cents, dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, prices_of, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.self_exciting import SelfExcitingNoise


@dataclass(frozen=True)
class CrowdedRoom(Scenario):
    """Many traders without information: what does a price mean?"""

    name: ClassVar[str] = "crowded-room"

    traders: int = bounded(40, least=1, most=1_000)

    def build(self, world: World) -> None:
        """One maker that follows the last price, since no value is known, and traders who watch each other trade."""
        world.list(Stock("ACME", tick=cents(1)))
        # It does not lean: added to a last price that it has moved itself, a lean would become a trend.
        maker = MarketMaker(start=dollars(100), spread_bps=6, step_bps=1, size=2, levels=12, lean_bps=0)
        world.join("maker", maker, cash=dollars(500_000), holdings={"ACME": 5_000}, every_ms=10)
        for number in range(self.traders):
            crowd = SelfExcitingNoise(attention=0.95 / self.traders)
            world.join(f"noise-{number}", crowd, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)

    def conclusion(self, journal: Journal) -> str:
        """How far the price went although nothing was known, and who gained by it."""
        prices = [price for _, price in prices_of(journal, "ACME")]
        if not prices:
            return "Nothing was traded, so there is no price to ask about."
        maker = trading_gain(journal, "maker")
        crowd = sum(trading_gain(journal, f"noise-{number}") for number in range(self.traders))
        return (
            f"No value was known, and still the price went from {written(prices[0])} to {written(prices[-1])}, between "
            f"{written(min(prices))} and {written(max(prices))}, in {counted(len(prices), 'trade')}. At the last price "
            f"{counted(self.traders, 'noise trader')} {gained(crowd)} and the maker {gained(maker)}."
        )
