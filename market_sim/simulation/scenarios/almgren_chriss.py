"""Almgren and Chriss: a sale that follows the best compromise of impact and risk, share by share (rulebook F-4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import SELL
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.pricing.execution import Impact, programmed, trajectory
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import trades_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.execution.schedules import AlmgrenChriss
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

DESK = "desk"
BEGINS, ENDS, SLICES = 1.0, 9.0, 16
SIGMA, ETA = 10.0, 0.5
EXACT = 1e-6
"""In shares: what the two ways may differ by rounding."""


@dataclass(frozen=True)
class AlmgrenChrissScenario(Scenario):
    """How fast should one sell? Early slices are larger the more the seller fears what the price does meanwhile."""

    name: ClassVar[str] = "almgren-chriss"
    claim: ClassVar[str] = (
        "After each slice the desk holds what its schedule says, and dynamic programming finds the same schedule."
    )

    quantity: int = bounded(600, least=10, most=5_000)
    risk_aversion: float = bounded(0.002, least=0.0, most=0.1)

    def build(self, world: World) -> None:
        """One share with a maker, noise, and a desk that sells along the trajectory."""
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), RandomWalk(1.0))
        maker = MarketMaker(spread_bps=6, size=60, levels=8, step_bps=6, max_position=90_000, lean_bps=300)
        world.join("maker", maker, dollars(9_000_000), {"ACME": 20_000}, every_ms=100)
        for number in range(4):
            noise = Noise(trade_probability=0.2, patience=0)
            world.join(f"noise-{number}", noise, dollars(9_000), {"ACME": 60}, latency_ms=5)
        world.join(DESK, self.desk, 0, {"ACME": self.quantity}, every_ms=25)

    @property
    def desk(self) -> AlmgrenChriss:
        """The strategy of the desk."""
        return AlmgrenChriss(
            "ACME", SELL, self.quantity, BEGINS, ENDS, SLICES, risk_aversion=self.risk_aversion, sigma=SIGMA, eta=ETA
        )

    @property
    def schedule(self) -> list[int]:
        """What the desk is to hold after each slice, in whole shares."""
        return [self.quantity - sold for sold in accumulate(self.desk.children())]

    def held(self, journal: Journal) -> list[int]:
        """What the desk held at the end of each slice."""
        mine = [(trade.time, side * trade.quantity) for trade, side, _ in trades_of(journal, DESK)]
        ends = [(BEGINS + (ENDS - BEGINS) * number / SLICES) * SECOND for number in range(1, SLICES + 1)]
        return [self.quantity + sum(change for time, change in mine if time < end) for end in ends]

    def apart(self) -> float:
        """The largest distance between the formula and dynamic programming, in shares."""
        problem = self.quantity, SLICES, ENDS - BEGINS, Impact(SIGMA, ETA), self.risk_aversion
        return max(abs(one - other) for one, other in zip(programmed(*problem), trajectory(*problem), strict=True))

    def holds(self, journal: Journal) -> bool:
        """Whether every slice was done in its time, and both ways give one schedule."""
        return self.held(journal) == self.schedule and self.apart() < EXACT

    def conclusion(self, journal: Journal) -> str:
        """How far the fills are from the schedule, and the schedule from that of dynamic programming."""
        told = list(zip(self.held(journal), self.schedule, strict=True))
        done = sum(one == other for one, other in told)
        furthest = max(abs(one - other) for one, other in told)
        half = sum(left > self.quantity / 2 for left in self.schedule) + 1
        agrees = "gives the same schedule as" if self.apart() < EXACT else "contradicts"
        away = f", and was at most {counted(furthest, 'share')} away from it" if furthest else ""
        return (
            f"After {done} of {SLICES} slices the desk held what its schedule said{away}; half of the "
            f"{counted(self.quantity, 'share')} was to be sold after slice {half}. Dynamic programming "
            f"{agrees} the formula."
        )
