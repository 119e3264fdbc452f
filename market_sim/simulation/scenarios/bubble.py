"""A bubble: traders who buy because the price has risen, and few who ask what it is worth.

What moves the price beyond the value is the maker's inventory (Farmer and Joshi 2002): it sells to the crowd and asks
for more with each share that it is short. The crowd takes that for a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.run_events import ShockHappened
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import prices_of, values_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.inventory_models import GueantLehalleTapia
from market_sim.strategies.traditional.informed import Fundamentalist
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.signals import Chartist

KNOWING = "fundamentalist"


def last_value(journal: Journal) -> int:
    """What the share is worth at the end; before anything has moved, what it begins with."""
    return ([dollars(100)] + [value for _, value in values_of(journal, "ACME")])[-1]


@dataclass(frozen=True)
class Bubble(Scenario):
    """Why does a price leave its value? Good news, a crowd that follows the price, and few who ask for the value."""

    name: ClassVar[str] = "bubble"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "Later than a second after the news the price is at some time more than 1 % away from the value."
    )

    chartists: int = bounded(14, least=0, most=200)
    fundamentalists: int = bounded(1, least=0, most=200)
    news_percent: float = bounded(2.0, least=-50.0, most=50.0)

    def build(self, world: World) -> None:
        """A maker who wants to be paid for inventory, chartists, a little noise, some who compare, and the news."""
        world.list(Stock("ACME"), value=dollars(100))
        maker = GueantLehalleTapia(size=2, max_position=5_000, gamma=0.05, sigma=10.0, k=0.3, intensity=5.0)
        world.join("maker", maker, dollars(900_000), {"ACME": 9_000}, every_ms=50)
        for number in range(self.chartists):
            chartist = Chartist(window=8, threshold_bps=2, size=2, max_position=100)
            world.join(f"chartist-{number}", chartist, dollars(30_000), {"ACME": 120}, every_ms=150)
        for number in range(2):
            world.join(
                f"noise-{number}", Noise(trade_probability=0.2, max_size=2, patience=0), dollars(9_000), {"ACME": 60}
            )
        for number in range(self.fundamentalists):
            knowing = Fundamentalist(error_percent=0.2, threshold_bps=250, size=3, max_position=150)
            world.join(f"{KNOWING}-{number}", knowing, dollars(40_000), {"ACME": 200}, every_ms=100)
        if self.news_percent:
            world.at(epoch=3, shock=PriceShock("ACME", percent=self.news_percent))

    def farthest(self, journal: Journal) -> tuple[int, int] | None:
        """The price that was farthest from the last value a second after the news, and how far that was."""
        value, news = last_value(journal), next(journal.of(ShockHappened), None)
        since = 0 if news is None else news.time + SECOND
        told = [price for time, price in prices_of(journal, "ACME") if time > since]
        return max(((price, abs(price - value)) for price in told), key=lambda one: one[1], default=None)

    def holds(self, journal: Journal) -> bool:
        """Whether the price left the value."""
        farthest = self.farthest(journal)
        return farthest is not None and farthest[1] * 100 > last_value(journal)

    def conclusion(self, journal: Journal) -> str:
        """Where the value was, and where the price went."""
        value, farthest = last_value(journal), self.farthest(journal)
        went = f"The value went from {written(dollars(100))} to {written(value)}"
        stayed = f"The value stayed at {written(value)}"
        told = stayed if value == dollars(100) else went
        if farthest is None:
            return f"{told}, and nobody traded from a second later on."
        price, away = farthest
        last = prices_of(journal, "ACME")[-1][1]
        return (
            f"{told}; from a second later on a price of {written(price)} was the farthest from it, "
            f"{written(away)} away, and the last price was {written(last)}."
        )
