"""Prediction market: a question, a maker who always answers, bettors who disagree, and an oracle who knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import PairsMade, Resolved
from market_sim.core.money import dollars, written
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.prediction import PredictionMarket
from market_sim.pricing.lmsr import worst_loss
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.bettor import Bettor, Oracle
from market_sim.strategies.traditional.lmsr_maker import LmsrMaker

QUESTION = "Will it rain on the day of the exam?"


@dataclass(frozen=True)
class PredictionMarketScenario(Scenario):
    """What a price can know: yes and no trade between one cent and 99, until the answer pays one of them."""

    name: ClassVar[str] = "prediction-market"
    epochs: ClassVar[int] = 12

    bettors: int = bounded(10, least=1, most=200)
    resolve_day: int = bounded(10, least=1, most=1_000)
    liquidity: float = bounded(50.0, least=1.0, most=10000.0)

    def build(self, world: World) -> None:
        """Two contracts on one question; the news about it moves, and every bettor reads it a little differently."""
        world.list(PredictionContract("YES", question=QUESTION), value=50, volatility_bps=250)
        world.list(PredictionContract("NO", question=QUESTION))
        world.join("maker", LmsrMaker(liquidity=self.liquidity), cash=dollars(500), every_ms=50)
        for number in range(self.bettors):
            bias = (number % 5 - 2) * 4
            bettor = Bettor(bias=bias, until=self.resolve_day * SECOND)
            world.join(f"bettor-{number}", bettor, cash=dollars(60), every_ms=150, latency_ms=2 + number)
        world.join("oracle", Oracle(at=self.resolve_day * SECOND), every_ms=100)
        house = ClearingHouse(capital=0)
        world.attach(house)
        world.attach(PredictionMarket(house, "YES", "NO", oracle="oracle"))

    def conclusion(self, journal: Journal) -> str:
        """What the market said, what the answer was, and what it paid to whom."""
        last = [event.price for event in journal.of(Trade) if event.symbol == "YES"][-1:]
        said = f"{last[0]} %" if last else "nothing"
        resolved = next(journal.of(Resolved), None)
        if resolved is None:
            return f"The market last said {said} for yes, and the run ended before the answer."
        met = sum(event.quantity for event in journal.of(PairsMade) if not event.account)
        spent = received = 0
        for event in journal.of(Transferred):
            spent += event.amount if event.source == "maker" and event.reason == "SPLIT" else 0
            received += event.amount if event.target == "maker" and event.reason == "RESOLVED" else 0
        for trade in journal.of(Trade):
            bought = trade.side * (1 if trade.taker == "maker" else -1 if trade.maker == "maker" else 0)
            spent += bought * trade.price * trade.quantity
        return (
            f"The market last said {said} for yes and the answer was {resolved.outcome}: {resolved.pairs} pairs were "
            f"paid {written(resolved.paid)}, which is what they had cost. {met} pairs were made because bids for yes "
            f"and for no met. The maker's result is {written(received - spent)}, and could not have been worse than "
            f"{written(-round(100 * worst_loss(self.liquidity, 2)))}."
        )
