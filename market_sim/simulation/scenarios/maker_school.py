"""The school of market makers: the same crowd and the same value for each, and different ideas of where to quote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.followers import MarketModel
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import gained, trades_of, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.market_making.inventory_models import AvellanedaStoikov, GueantLehalleTapia
from market_sim.strategies.market_making.quotes import QuotingMaker
from market_sim.strategies.traditional.customer import Customer

PUPILS = ("fixed", "avellaneda-stoikov", "gueant-lehalle-tapia")


@dataclass(frozen=True)
class MakerSchool(Scenario):
    """How much inventory does a maker bear? Three makers with customers of one kind: one ignores it, two price it."""

    name: ClassVar[str] = "market-maker-school"
    claim: ClassVar[str] = "Both makers who price their inventory hold less of it on average than the one who does not."

    traders: int = bounded(6, least=1, most=100)
    risk_aversion: float = bounded(0.02, least=0.0, most=1.0)

    def build(self, world: World) -> None:
        """Three shares whose values move together, each with one maker and customers of its own."""
        size, bound, sigma = 5, 1_000, 10.0
        makers: tuple[QuotingMaker, ...] = (
            FixedSpread("A", size, bound, spread_bps=8),
            AvellanedaStoikov("B", size, bound, gamma=self.risk_aversion, sigma=sigma, k=0.3),
            GueantLehalleTapia("C", size, bound, gamma=self.risk_aversion, sigma=sigma, k=0.3, intensity=5.0),
        )
        for maker in makers:
            world.list(Stock(maker.symbol))
        world.value("A", dollars(100), RandomWalk(3))
        for follower in ("B", "C"):
            world.value(follower, dollars(100), MarketModel("A", volatility_bps=0))
        for pupil, maker in zip(PUPILS, makers, strict=True):
            world.join(pupil, maker, cash=dollars(500_000), holdings={maker.symbol: 3_000}, every_ms=50)
            for number in range(self.traders):
                customer = Customer(maker.symbol, trade_probability=0.3)
                world.join(
                    f"{maker.symbol.lower()}-{number}", customer, dollars(90_000), {maker.symbol: 900}, latency_ms=5
                )

    def inventories(self, journal: Journal) -> dict[str, float]:
        """By maker: how far from its beginning its inventory was after its trades, on average."""
        found = {}
        for pupil in PUPILS:
            away, path = 0, [0]
            for trade, side, _ in trades_of(journal, pupil):
                away += side * trade.quantity
                path.append(abs(away))
            found[pupil] = sum(path) / len(path)
        return found

    def holds(self, journal: Journal) -> bool:
        """Whether those who price their inventory held less."""
        held = self.inventories(journal)
        return all(held[pupil] < held["fixed"] for pupil in PUPILS[1:])

    def conclusion(self, journal: Journal) -> str:
        """The mean inventory and the gain of each maker."""
        held = self.inventories(journal)
        told = "; ".join(
            f"{pupil} was {held[pupil]:.1f} shares away from its start and {gained(trading_gain(journal, pupil))}"
            for pupil in PUPILS
        )
        return f"On average after each trade, {told}."
