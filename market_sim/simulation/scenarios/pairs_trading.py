"""Pairs: two shares that belong together, and somebody who trades the distance between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.followers import Cointegrated
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, trades_of, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.pairs import Pairs

TRADER = "pairs-trader"


@dataclass(frozen=True)
class PairsTrading(Scenario):
    """What can be known where no price can be? Two shares wander, but not from each other."""

    name: ClassVar[str] = "pairs"
    epochs: ClassVar[int] = 16
    claim: ClassVar[str] = "The pairs trader gains by trading."

    half_life: float = bounded(8.0, least=1.0, most=1_000.0)
    spread_deviation_bps: float = bounded(25.0, least=1.0, most=500.0)

    def build(self, world: World) -> None:
        """A leader, a share that is tied to it, a maker and some noise in each, and the trader of the pair."""
        for symbol in ("AAA", "BBB"):
            world.list(Stock(symbol))
        world.value("AAA", dollars(100), RandomWalk(8))
        world.value("BBB", dollars(50), Cointegrated("AAA", 0.5, self.half_life, self.spread_deviation_bps))
        for symbol in ("AAA", "BBB"):
            maker = FixedSpread(symbol, spread_bps=6, size=80, max_position=8_000)
            world.join(f"maker-{symbol}", maker, dollars(900_000), {symbol: 9_000}, every_ms=50)
            for number in range(2):
                noise = Noise(symbol, trade_probability=0.2)
                world.join(f"noise-{symbol}-{number}", noise, dollars(20_000), {symbol: 200}, latency_ms=5)
        pairs = Pairs(beta=1.0, learn=40, enter=1.2, leave=0.2, stop=9, size=40, max_position=80)
        world.join(TRADER, pairs, dollars(100_000), {"AAA": 300, "BBB": 300}, every_ms=100)

    def holds(self, journal: Journal) -> bool:
        """Whether it gained."""
        return trading_gain(journal, TRADER) > 0

    def conclusion(self, journal: Journal) -> str:
        """What the trader bought and sold of each, and what it made of it."""
        shares = {"AAA": 0, "BBB": 0}
        for trade, _, _ in trades_of(journal, TRADER):
            shares[trade.symbol] += trade.quantity
        if not any(shares.values()):
            return "The pairs trader never traded: the two shares did not drift far enough apart after it had learnt."
        told = " and ".join(f"{counted(count, 'share')} of {symbol}" for symbol, count in shares.items())
        return f"The pairs trader traded {told} and {gained(trading_gain(journal, TRADER))}."
