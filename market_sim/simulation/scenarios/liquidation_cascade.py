"""Liquidation cascade: leveraged longs are liquidated one after the other, each by the price fall of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.derivatives import Perpetual
from market_sim.core.models.instruments import Spot
from market_sim.core.models.mechanism_events import (
    LiquidationStarted,
    MarksTaken,
    PositionReduced,
    PositionSold,
)
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.margin import MarginAccounts, MarginTerms
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.market.mechanisms.requirements import StrategyMargin
from market_sim.pricing.perpetual import Tier
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker
from market_sim.strategies.traditional.position_taker import PositionTaker


@dataclass(frozen=True)
class LiquidationCascade(Scenario):
    """A small fall becomes a large one: forced sales lower the mark, and the mark forces the next sale."""

    name: ClassVar[str] = "liquidation-cascade"

    longs: int = bounded(8, least=1, most=200)
    leverage: int = bounded(20, least=1, most=40)
    fall_percent: float = bounded(-4.0, least=-90.0, most=90.0)
    insurance_dollars: int = bounded(300, least=0, most=1_000_000)

    def build(self, world: World) -> None:
        """A coin with a perpetual; longs with equal positions and increasing cash; a fall in epoch 5."""
        world.list(Spot("BTC", tick=100), value=dollars(500), volatility_bps=4)
        world.list(Perpetual("BTC-PERP", underlying="BTC", tick=10, funding_every=2 * SECOND))
        world.join("spot-maker", MarketMaker("BTC", size=20), cash=dollars(500_000), holdings={"BTC": 1_000})
        world.join("spot-noise", Noise("BTC"), cash=dollars(20_000), holdings={"BTC": 20}, latency_ms=5)
        members = {}
        rules = Agreement(StrategyMargin(leverage=self.leverage, tiers=(Tier(0, 100), Tier(dollars(40_000), 200))))
        for number in range(2):
            maker = PerpetualMaker(spread_bps=10 + 6 * number, size=20, most=400, lean_bps=600)
            members[f"perp-maker-{number}"] = rules
            world.join(f"perp-maker-{number}", maker, cash=dollars(100_000), every_ms=70, latency_ms=3)
        for number in range(self.longs):
            name = f"long-{number}"
            members[name] = rules
            long = PositionTaker("BTC-PERP", target=60, slice=5, start_ns=SECOND // 4)
            world.join(name, long, cash=dollars(2_000 + 150 * number), every_ms=60, latency_ms=4)
        # The mark is the mid price of the perpetual's own book, so one forced sale can cause the next.
        terms = MarginTerms(
            capital=dollars(100_000), insurance=dollars(self.insurance_dollars), liquidation_fee_bps=20, lenders=()
        )
        house = ClearingHouse(capital=dollars(5_000))
        world.attach(house)
        world.attach(MarginAccounts(members, terms))
        world.attach(Perpetuals(house, Marks(world.values)))
        world.at(epoch=5, shock=PriceShock("BTC", percent=self.fall_percent))

    def conclusion(self, journal: Journal) -> str:
        """The number of liquidations and rounds, the range of the mark, and who covered deficits."""
        started = [*journal.of(LiquidationStarted)]
        deficits = deficits_told(journal)
        if not started:
            told = "Nobody was liquidated: at every check each equity reached its maintenance margin"
            return f"{told}; {deficits}." if deficits else f"{told}."
        accounts, rounds = len({event.account for event in started}), len({(each.time, each.round) for each in started})
        sold = sum(event.filled for event in journal.of(PositionSold))
        reduced = sum(abs(event.change) for event in journal.of(PositionReduced))
        marks = [event.marks["BTC-PERP"] for event in journal.of(MarksTaken)]
        return (
            f"{counted(accounts, 'account')} {was(accounts)} liquidated in {counted(rounds, 'round')}: "
            f"{counted(sold, 'contract')} went through the book and {reduced:,} {was(reduced)} closed against winners, "
            f"{_moved(marks)}; {deficits or 'nobody had to cover a deficit'}."
        )


def _moved(marks: list[int]) -> str:
    """The movement of the mark over the rounds."""
    first, least, most = (written(mark) for mark in (marks[0], min(marks), max(marks)))
    if least == most:
        return f"at a mark of {first}"
    if first == most:
        return f"while the mark fell from {first} to {least}"
    if first == least:
        return f"while the mark rose from {first} to {most}"
    return f"while the mark, {first} in the first round, moved between {least} and {most}"
