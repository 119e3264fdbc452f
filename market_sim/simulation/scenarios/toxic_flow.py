"""Toxic flow: whose trades does a maker regret? One trader among many knows what a share is worth (rulebook F-8.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.dynamics.walks import Jumps
from market_sim.market.exchange.markouts import HORIZONS_NS, RANKED_NS, Markout, markouts, ranked
from market_sim.market.exchange.quotes import tapes
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.informed import Informed
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.signals import MeanReversion

KNOWS, MAKER = "informed", "maker"
PLACE = HORIZONS_NS.index(RANKED_NS)


@dataclass(frozen=True)
class ToxicFlow(Scenario):
    """Whose trades does a maker regret? Everybody takes from one maker, and one of them knows the value."""

    name: ClassVar[str] = "toxic-flow"
    epochs: ClassVar[int] = 36
    claim: ClassVar[str] = (
        "Of all who take, the one who knows the value has the largest markout: it is right one second later."
    )

    traders: int = bounded(4, least=1, most=200)
    spread_bps: float = bounded(20.0, least=1.0, most=1_000.0)
    jump_bps: float = bounded(60.0, least=0.0, most=1_000.0)
    edge_bps: float = bounded(15.0, least=0.0, most=1_000.0)

    def build(self, world: World) -> None:
        """A value with jumps that one account sees, a maker that follows the last price, and takers who see none."""
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), Jumps(2, 0.1, jump_bps=self.jump_bps), known_to=(KNOWS,))
        maker = FixedSpread(spread_bps=self.spread_bps, size=20, max_position=5_000, start=dollars(100))
        world.join(MAKER, maker, cash=dollars(900_000), holdings={"ACME": 9_000}, every_ms=50)
        informed = Informed(size=5, edge_bps=self.edge_bps, max_position=3_000)
        world.join(KNOWS, informed, cash=dollars(400_000), holdings={"ACME": 4_000}, every_ms=100)
        # Nobody here follows the trend: who does follows the informed trader, and ranks beside it.
        world.join("mean-reverter", MeanReversion(), cash=dollars(90_000), holdings={"ACME": 900}, every_ms=100)
        for number in range(self.traders):
            noise = Noise(trade_probability=0.3, patience=0.0)
            world.join(f"noise-{number}", noise, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)

    def ranks(self, journal: Journal) -> list[Markout]:
        """Who takes, the largest markout at one second first."""
        tape = tapes(journal).get("ACME")
        return ranked(markouts(tape.trades, tape.quotes, journal[-1].time)) if tape else []

    def holds(self, journal: Journal) -> bool:
        """Whether who knows the value is first, with a gain."""
        found = self.ranks(journal)
        return bool(found) and found[0].account == KNOWS and (found[0].means[PLACE] or 0.0) > 0

    def conclusion(self, journal: Journal) -> str:
        """The first and the last of the ranking, and the place of who knows."""
        found = self.ranks(journal)
        place = next((number for number, one in enumerate(found, 1) if one.account == KNOWS), None)
        if place is None or len(found) < 2:
            return "Too little was traded for a ranking of the takers by what their trades were worth one second later."
        knows, others = found[place - 1], [one for one in found if one.account != KNOWS]
        where = f"number {place} of {len(found)} who took"
        return (
            f"One second after its trades the informed trader had {_gain(knows)} a share, {where}; "
            f"the best of the others, {others[0].account}, had {_gain(others[0])}, and the last, "
            f"{others[-1].account}, {_gain(others[-1])}."
        )


def _gain(one: Markout) -> str:
    """The markout of one account, in cents."""
    mean = one.means[PLACE] or 0.0
    return f"{'gained' if mean >= 0 else 'lost'} {abs(mean):.1f} cents"
