"""The spoofer: two traders show orders that they do not mean, beside honest makers; do detectors tell them apart?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.core.models.surveillance_events import MeasureTaken
from market_sim.core.money import dollars, written
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.watch import alerts_of
from market_sim.market.compliance.enforcement import Enforcement
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.market_making.inventory_models import AvellanedaStoikov
from market_sim.strategies.misconduct.pressure import Layerer, Spoofer
from market_sim.strategies.traditional.book_reader import BookReader
from market_sim.strategies.traditional.informed import Informed
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

SPOOFER, LAYERER = "spoofer", "layerer"


@dataclass(frozen=True)
class SpooferScenario(Scenario):
    """Orders that are not meant: a spoofer and a layerer beside makers that cancel as much. Who is accused?"""

    name: ClassVar[str] = "spoofer"
    epochs: ClassVar[int] = 10
    claim: ClassVar[str] = "Surveillance accuses the spoofer and the layerer, and nobody else."
    claim_share: ClassVar[float] = 0.95

    traders: int = bounded(6, least=0, most=100)
    honest: bool = False
    """Whether the spoofer and the layerer stay away."""
    penalties: bool = False
    """Whether whoever is accused is warned, fined, throttled and suspended."""

    def build(self, world: World) -> None:
        """Three kinds of makers, noise, two readers of the book, an informed trader, and the two."""
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=1)
        makers = {
            "maker-ladder": MarketMaker(spread_bps=16, size=10, levels=5, step_bps=2),
            "maker-fixed": FixedSpread(spread_bps=18, size=20, max_position=500),
            "maker-model": AvellanedaStoikov(size=10),
        }
        for name, maker in makers.items():
            world.join(name, maker, dollars(400_000), {"ACME": 4_000}, every_ms=50)
        for number in range(self.traders):
            noise = Noise(trade_probability=0.2)
            world.join(f"noise-{number}", noise, dollars(20_000), {"ACME": 200}, latency_ms=5)
        for number in range(2):
            world.join(f"reader-{number}", BookReader(), dollars(50_000), {"ACME": 500}, every_ms=150, latency_ms=3)
        world.join("informed", Informed(size=5, edge_bps=12), dollars(100_000), {"ACME": 1_000}, every_ms=200)
        if self.penalties:
            world.attach(Enforcement())
        if not self.honest:
            world.join(SPOOFER, Spoofer(), dollars(200_000), {"ACME": 2_000}, every_ms=30)
            world.join(LAYERER, Layerer(), dollars(200_000), {"ACME": 2_000}, every_ms=30)

    @property
    def guilty(self) -> frozenset[str]:
        """Who breaks the rules, to score detectors with."""
        return frozenset() if self.honest else frozenset((SPOOFER, LAYERER))

    def holds(self, journal: Journal) -> bool:
        """Whether exactly those who show orders without meaning them are accused."""
        return accused(alerts_of(journal)) == self.guilty

    def conclusion(self, journal: Journal) -> str:
        """What the two showed and traded, and who was accused."""
        shown = {name: 0 for name in (SPOOFER, LAYERER)}
        for order in journal.of(OrderAccepted):
            if order.account in shown:
                shown[order.account] += order.terms.quantity
        meant = {
            name: sum(trade.quantity for trade in journal.of(Trade) if name in (trade.maker, trade.taker))
            for name in shown
        }
        told = " and ".join(
            f"the {name} showed {counted(shown[name], 'share')} and traded {meant[name]}" for name in shown
        )
        found = said_of(accused(alerts_of(journal)))
        measures = [*journal.of(MeasureTaken)]
        if measures:
            fines = written(sum(measure.amount for measure in measures))
            found += f"; {counted(len(measures), 'measure')} taken, with fines of {fines}"
        return f"{'Nobody breaks a rule' if self.honest else told[0].upper() + told[1:]}; accused: {found}."


def said_of(names: frozenset[str]) -> str:
    """These accounts in a sentence."""
    return listed(sorted(names)) if names else "nobody"


def accused(alerts: list[Alert]) -> frozenset[str]:
    """The accounts that alerts accuse of misconduct."""
    return frozenset(name for alert in alerts if alert.accuses for name in alert.accounts)
