"""News: an announcement at a known time with unknown content, and how fast the price takes it in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds
from market_sim.core.models.instruments import Stock
from market_sim.core.models.run_events import ShockHappened
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.shocks import News
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import prices_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.noise import Noise

NEAR_BPS = 50


@dataclass(frozen=True)
class NewsDay(Scenario):
    """How does a price learn? An announcement that may be good or bad, and the trades that follow it."""

    name: ClassVar[str] = "news"
    claim: ClassVar[str] = "Within a second of the announcement a trade is within half a percent of the new value."

    announced: int = bounded(4, least=1, most=1_000)
    good_percent: float = bounded(3.0, least=-50.0, most=50.0)
    bad_percent: float = bounded(-3.0, least=-50.0, most=50.0)

    def build(self, world: World) -> None:
        """A share, two makers who read the news, a crowd, and one announcement."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=2)
        for number in range(2):
            maker = FixedSpread(spread_bps=8 + 4 * number, size=10, max_position=2_000)
            world.join(f"maker-{number}", maker, dollars(500_000), {"ACME": 4_000}, every_ms=60 + 20 * number)
        for number in range(8):
            world.join(f"noise-{number}", Noise(trade_probability=0.2), dollars(5_000), {"ACME": 50}, latency_ms=5)
        world.at(epoch=self.announced, news=News("ACME", self.good_percent, self.bad_percent))

    def learnt(self, journal: Journal) -> tuple[int, int, int | None] | None:
        """The value before and after, and how long it took until a trade was near the new one."""
        shock = next(journal.of(ShockHappened), None)
        if shock is None:
            return None
        before, after = int(shock.numbers["before"]), int(shock.numbers["after"])
        near = (
            time - shock.time
            for time, price in prices_of(journal, "ACME")
            if time > shock.time and abs(price - after) * 10_000 <= after * NEAR_BPS
        )
        return before, after, next(near, None)

    def holds(self, journal: Journal) -> bool:
        """Whether it took less than a second."""
        told = self.learnt(journal)
        return told is not None and told[2] is not None and told[2] < SECOND

    def conclusion(self, journal: Journal) -> str:
        """What was announced, and how long the price took."""
        told = self.learnt(journal)
        if told is None:
            return "The run ended before the announcement."
        before, after, took = told
        moved = f"The announcement took the value from {written(before)} to {written(after)}"
        if took is None:
            return f"{moved}, and no trade came within half a percent of that before the run ended."
        return f"{moved}, and the first trade within half a percent of that came {about_seconds(took)} later."
