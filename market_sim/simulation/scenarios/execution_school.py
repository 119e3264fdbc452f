"""The school of execution: one sale, worked off at once, evenly, and as Almgren and Chriss (2000) have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import SELL
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.followers import MarketModel
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import trades_of, values_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.execution.schedules import AlmgrenChriss, Scheduled, Twap
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

BEGINS, ENDS = 1.0, 7.0
DESKS = {"at-once": "A", "twap": "B", "almgren-chriss": "C"}


@dataclass(frozen=True)
class ExecutionSchool(Scenario):
    """How should one sell much? The same order in three equal markets: at once, evenly, and early but not at once."""

    name: ClassVar[str] = "execution-school"
    claim: ClassVar[str] = "Selling at once costs more, against the value at the start, than selling evenly."

    quantity: int = bounded(600, least=10, most=10_000)
    volatility_bps: float = bounded(1.0, least=0.0, most=50.0)

    def build(self, world: World) -> None:
        """Three shares whose values move together, each with a maker, noise, and one desk that sells."""
        for symbol in DESKS.values():
            world.list(Stock(symbol))
        world.value("A", dollars(100), RandomWalk(self.volatility_bps))
        for symbol in ("B", "C"):
            world.value(symbol, dollars(100), MarketModel("A", volatility_bps=0))
        order = {"side": SELL, "quantity": self.quantity, "start_s": BEGINS}
        desks: tuple[Scheduled, ...] = (
            Twap("A", slices=1, end_s=BEGINS + 0.01, **order),  # type: ignore[arg-type]
            Twap("B", slices=24, end_s=ENDS, **order),  # type: ignore[arg-type]
            AlmgrenChriss("C", slices=24, end_s=ENDS, risk_aversion=2e-3, sigma=10.0, eta=0.5, **order),  # type: ignore[arg-type]
        )
        for name, desk in zip(DESKS, desks, strict=True):
            maker = MarketMaker(
                desk.symbol, spread_bps=6, size=20, levels=8, step_bps=6, max_position=40_000, lean_bps=600
            )
            world.join(f"maker-{desk.symbol}", maker, dollars(9_000_000), {desk.symbol: 20_000}, every_ms=100)
            for number in range(2):
                noise = Noise(desk.symbol, trade_probability=0.2, patience=0)
                world.join(f"noise-{desk.symbol}-{number}", noise, dollars(9_000), {desk.symbol: 60}, latency_ms=5)
            world.join(name, desk, 0, {desk.symbol: self.quantity}, every_ms=25)

    def shortfalls(self, journal: Journal) -> dict[str, tuple[int, int]]:
        """By desk: how much it sold, and how much less than the value at the start it got for that in all."""
        found = {}
        for name, symbol in DESKS.items():
            known = [price for time, price in values_of(journal, symbol) if time <= BEGINS * SECOND]
            arrival = known[-1] if known else dollars(100)
            mine = [trade for trade, _, _ in trades_of(journal, name)]
            sold = sum(trade.quantity for trade in mine)
            found[name] = sold, sum((arrival - trade.price) * trade.quantity for trade in mine)
        return found

    def holds(self, journal: Journal) -> bool:
        """Whether selling at once cost more for each share than selling evenly."""
        told = self.shortfalls(journal)
        (once, dear), (evenly, cheap) = told["at-once"], told["twap"]
        return once > 0 and evenly > 0 and dear * evenly > cheap * once

    def conclusion(self, journal: Journal) -> str:
        """The implementation shortfall of each desk, in basis points of the value at the start."""
        told = []
        for name, (sold, short) in self.shortfalls(journal).items():
            cost = f"got {written(abs(short))} {'less' if short >= 0 else 'more'} than the value at the start"
            told.append(f"{name} sold {sold:,} of {self.quantity:,} and {cost}" if sold else f"{name} sold nothing")
        return f"{'; '.join(told)}.".replace("at-once", "At-once", 1)
