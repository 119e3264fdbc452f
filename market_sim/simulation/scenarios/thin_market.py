"""A thin market: the same order in a deep book and in a shallow one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import BUY
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import trades_of, values_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.execution.schedules import Twap
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

THICK, THIN = "DEEP", "SHALLOW"


@dataclass(frozen=True)
class ThinMarket(Scenario):
    """What does size cost? Two shares of the same value, one with much in its book and one with little."""

    name: ClassVar[str] = "thin-market"
    claim: ClassVar[str] = "A share costs the buyer more above its value in the shallow book than in the deep one."

    quantity: int = bounded(400, least=1, most=5_000)
    ratio: int = bounded(8, least=1, most=40)

    def build(self, world: World) -> None:
        """In each book a maker with a ladder, some noise, and a buyer with the same order."""
        for symbol, size in ((THICK, 5 * self.ratio), (THIN, 5)):
            world.list(Stock(symbol), value=dollars(100), volatility_bps=1)
            maker = MarketMaker(symbol, spread_bps=6, size=size, levels=10, step_bps=5, max_position=20_000, lean_bps=0)
            world.join(f"maker-{symbol}", maker, dollars(4_000_000), {symbol: 20_000}, every_ms=200)
            for number in range(3):
                noise = Noise(symbol, trade_probability=0.2, patience=0)
                world.join(f"noise-{symbol}-{number}", noise, dollars(9_000), {symbol: 60}, latency_ms=5)
            buyer = Twap(symbol, side=BUY, quantity=self.quantity, start_s=2.0, end_s=6.0, slices=8)
            world.join(f"buyer-{symbol}", buyer, dollars(200 * self.quantity), every_ms=50)

    def costs(self, journal: Journal) -> dict[str, tuple[int, int]]:
        """By share: how many were bought, and what they cost above the value at the time, in all."""
        found = {}
        for symbol in (THICK, THIN):
            values, bought, cost = values_of(journal, symbol), 0, 0
            for trade, _, _ in trades_of(journal, f"buyer-{symbol}"):
                value = [price for time, price in values if time <= trade.time][-1]
                bought += trade.quantity
                cost += (trade.price - value) * trade.quantity
            found[symbol] = bought, cost
        return found

    def holds(self, journal: Journal) -> bool:
        """Whether a share cost more in the shallow book."""
        (deep, dear), (shallow, dearer) = self.costs(journal).values()
        return deep > 0 and shallow > 0 and dearer * deep > dear * shallow

    def conclusion(self, journal: Journal) -> str:
        """What was bought in each book and what it cost above the value."""
        told = []
        for symbol, (bought, cost) in self.costs(journal).items():
            above = f"{written(abs(cost))} {'above' if cost >= 0 else 'below'} its value"
            told.append(f"{counted(bought, 'share')} of {symbol} cost {above}" if bought else f"nothing of {symbol}")
        return f"In all, {' and '.join(told)}."
