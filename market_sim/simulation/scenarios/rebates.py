"""The rebates: one venue pays makers, another one charges them; a maker on both earns from spread and from fees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.making import Making, makings
from market_sim.market.venues.latency import Delay
from market_sim.market.venues.terms import VenueTerms
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.rebate_maker import RebateMaker
from market_sim.strategies.traditional.background import Background, shares_of
from market_sim.strategies.traditional.market_maker import MarketMaker

PAYS, CHARGES = "SIM-REBATE", "SIM-FEE"
HARVESTER = "harvester"


@dataclass(frozen=True)
class Rebates(Scenario):
    """One share on two venues with the same flow: where makers are paid, they quote closer, and trade more."""

    name: ClassVar[str] = "rebates"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "A maker that wants the same gain after fees on both venues trades more where it is paid a rebate, and its "
        "rebates are more than the fees that it pays."
    )

    traders: int = bounded(8, least=1, most=250)
    rebate_bps: float = bounded(2.0, least=0.0, most=20.0)
    fee_bps: float = bounded(2.0, least=0.0, most=20.0)

    def build(self, world: World) -> None:
        """A maker on each venue, the harvester on both, and noise that comes to both alike."""
        delay = Delay(0.5, 1.5)
        venues = (
            VenueTerms(PAYS, maker_bps=-self.rebate_bps, taker_bps=self.rebate_bps + 1, latency=delay, share=0.5),
            VenueTerms(CHARGES, maker_bps=self.fee_bps, taker_bps=self.fee_bps, latency=delay, share=0.5),
        )
        for terms in venues:
            world.venue(terms)
            world.list(Stock("ACME"), venue=terms.name)
        world.value("ACME", dollars(100), RandomWalk(2.0))
        for terms in venues:
            maker = MarketMaker(spread_bps=8, size=20, levels=4, venue=terms.name)
            world.join(f"maker-{terms.name}", maker, cash=dollars(200_000), holdings={"ACME": 2_000}, every_ms=50)
        harvester = RebateMaker({terms.name: terms.maker_bps for terms in venues}, max_position=1_000)
        world.join(HARVESTER, harvester, cash=dollars(500_000), holdings={"ACME": 3_000}, every_ms=50)
        for number in range(self.traders):
            noise = Background(shares_of(venues), trade_probability=0.3)
            world.join(f"noise-{number}", noise, cash=dollars(10_000), holdings={"ACME": 100})

    def holds(self, journal: Journal) -> bool:
        """Whether it trades more where it is paid, and is paid more than it pays."""
        there, here = harvested(journal)
        return there.volume > here.volume and there.fees + here.fees > 0

    def conclusion(self, journal: Journal) -> str:
        """The spread and the fees of the harvester on each venue, what prices made of it, and all of it."""
        both = harvested(journal)
        told = "; ".join(
            f"{counted(one.volume, 'share')} on {one.venue}, with {_signed(one.spread)} USD from the spread, "
            f"{_signed(one.fees)} USD from fees and {_signed(one.prices)} USD from prices"
            for one in both
        )
        return f"The harvester made {told}: {_signed(sum(one.total for one in both))} USD in all."


def harvested(journal: Journal) -> tuple[Making, Making]:
    """What the harvester made where makers are paid, and where they are charged."""
    found = {one.venue: one for one in makings(journal) if one.account == HARVESTER}
    return found.get(PAYS, Making(HARVESTER, PAYS)), found.get(CHARGES, Making(HARVESTER, CHARGES))


def _signed(amount: int) -> str:
    return ("+" if amount >= 0 else "") + written(amount)
