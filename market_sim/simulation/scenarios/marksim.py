"""MARKSIM: its maker, its noise trader and its informed trader, with the values that it starts with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Spot
from market_sim.core.models.market_events import Trade
from market_sim.core.money import dollars
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.marksim import INITIAL_PRICE, MarksimInformed, MarksimMaker, MarksimNoise

BTC = "BTC/USD"


@dataclass(frozen=True)
class Marksim(Scenario):
    """What one who is sure does to a price: a maker around the last price, noise, and an informed trader."""

    name: ClassVar[str] = "marksim"
    epochs: ClassVar[int] = 20
    claim: ClassVar[str] = "The last price is nearer to the informed trader's signal than the first one was."

    spread: float = bounded(0.005, least=0.0001, most=0.1)
    trade_probability: float = bounded(0.05, least=0.0, most=1.0)
    noise_traders: int = bounded(4, least=0, most=100)
    signal: int = bounded(INITIAL_PRICE * 104 // 100, least=1, most=1_000_000)
    informed: bool = True

    def build(self, world: World) -> None:
        """Everybody wakes up each 100 ms and begins at 50,000; one unit is a hundredth of a coin."""
        world.list(Spot(BTC, price_decimals=0, quantity_decimals=2))
        coins = {BTC: 5_000}
        maker = MarksimMaker("mm_1", spread=self.spread, order_size=0.5, max_position=10.0)
        world.join("mm_1", maker, dollars(5_000_000), coins)
        for number in range(1, self.noise_traders + 1):
            name = f"noise_{number}"
            noise = MarksimNoise(name, trade_probability=self.trade_probability, max_size=2.0)
            world.join(name, noise, dollars(500_000), {BTC: 1_000})
        if self.informed:
            world.join("informed_1", MarksimInformed("informed_1", signal=self.signal), dollars(5_000_000), coins)

    def holds(self, journal: Journal) -> bool:
        """Whether the price came nearer."""
        last = [trade.price for trade in journal.of(Trade)][-1:]
        return bool(last) and abs(last[0] - self.signal) < abs(INITIAL_PRICE - self.signal)

    def conclusion(self, journal: Journal) -> str:
        """Where the price began, where it ended, and where it should have gone."""
        prices = [trade.price for trade in journal.of(Trade)]
        if not prices:
            return f"Nobody traded, so there is no price beside the {INITIAL_PRICE:,} at which the maker begins."
        wanted = f"the signal was {self.signal:,}" if self.informed else "nobody was informed"
        return (
            f"{counted(len(prices), 'trade')} took the price from {INITIAL_PRICE:,} to {prices[-1]:,} "
            f"(between {min(prices):,} and {max(prices):,}); {wanted}."
        )
