"""Funding: buyers push a perpetual above its index, and pay for that each day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.instruments import Spot
from market_sim.core.models.mechanism_events import FundingPaid, MarkedToMarket
from market_sim.core.money import dollars, written
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker


@dataclass(frozen=True)
class Funding(Scenario):
    """What keeps a perpetual near its index: the side that pushes the price away pays the other side."""

    name: ClassVar[str] = "funding"

    buyers: int = bounded(8, least=1, most=200)
    funding_days: int = bounded(1, least=1, most=1_000)
    lean_bps: int = bounded(60, least=0, most=10_000)

    def build(self, world: World) -> None:
        """A coin, a perpetual on it, two makers that lean against their position, and a crowd that mostly buys."""
        world.list(Spot("BTC", tick=100), value=dollars(500), volatility_bps=8)
        perpetual = Perpetual("BTC-PERP", underlying="BTC", tick=10, funding_every=self.funding_days * SECOND)
        world.list(perpetual)
        spot = MarketMaker("BTC", spread_bps=20, size=20)
        world.join("spot-maker", spot, cash=dollars(500_000), holdings={"BTC": 1_000})
        world.join("spot-noise", Noise("BTC"), cash=dollars(20_000), holdings={"BTC": 20}, latency_ms=5)
        members = []
        for number in range(2):
            quotes = PerpetualMaker(spread_bps=10 + 4 * number, most=120, lean_bps=self.lean_bps)
            members.append(f"perp-maker-{number}")
            world.join(members[-1], quotes, cash=dollars(50_000), every_ms=50)
        for number in range(self.buyers):
            members.append(f"crowd-{number}")
            buyer = Noise("BTC-PERP", trade_probability=0.15, max_size=3, patience=0.2)
            world.join(members[-1], buyer, cash=dollars(5_000), latency_ms=5)
        marks = Marks(world.values)
        house = ClearingHouse(capital=dollars(20_000))
        world.attach(house)
        world.attach(InitialMargin(members, marks, rate_bps=1_000))
        world.attach(Perpetuals(house, marks))

    def conclusion(self, journal: Journal) -> str:
        """The funding that longs and shorts paid, and the widest distance between mark and index."""
        paid, marked = [*journal.of(FundingPaid)], [*journal.of(MarkedToMarket)]
        if not marked:
            return "The run ended before the first funding time."
        variation = f"losses of {written(sum(event.paid for event in marked))} were paid to winners"
        if deficits := deficits_told(journal):
            variation += f"; {deficits}"
        without = len(marked) - len(paid)
        if not paid:
            return f"{_no_rate(without)}; {variation}."
        longs = sum(event.paid for event in paid if event.rate_millionths > 0)
        shorts = sum(event.paid for event in paid if event.rate_millionths < 0)
        widest = max(paid, key=lambda event: abs(event.mark - event.index))
        away = 10_000 * (widest.mark - widest.index) / widest.index
        missed = f"; {_no_rate(without).lower()}" if without else ""
        return (
            f"In {counted(len(paid), 'funding payment')} longs paid shorts {written(longs)} and shorts paid longs "
            f"{written(shorts)}{missed}; the mark was furthest from the index, {away:+.1f} basis points, at "
            f"{written(widest.mark)} against {written(widest.index)}; {variation}."
        )


def _no_rate(times: int) -> str:
    """The sentence for funding times without a rate."""
    return f"At {counted(times, 'funding time')} there was no rate, because bid and ask were never both there"
