"""Prediction market: a yes and a no contract, an LMSR maker that always quotes, bettors, and an oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.derivatives import PredictionContract
from market_sim.core.models.market_events import Trade
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

MAKER_CASH = dollars(500)
QUESTION = "Will it rain on the day of the exam?"


@dataclass(frozen=True)
class PredictionMarketScenario(Scenario):
    """Prices as probabilities: yes and no trade between 1 and 99 cents until the answer pays one of them 100."""

    name: ClassVar[str] = "prediction-market"
    epochs: ClassVar[int] = 12

    bettors: int = bounded(10, least=1, most=200)
    resolve_day: int = bounded(10, least=1, most=1_000)
    liquidity: float = bounded(50.0, least=1.0, most=10000.0)

    def build(self, world: World) -> None:
        """Two contracts on one question; news about it moves, and each bettor reads it with a bias of its own."""
        world.list(PredictionContract("YES", question=QUESTION), value=50, volatility_bps=250)
        world.list(PredictionContract("NO", question=QUESTION))
        # No latency: its quotes would not reflect trades that happen while its orders are on the way.
        world.join("maker", LmsrMaker(liquidity=self.liquidity), cash=MAKER_CASH, every_ms=50, latency_ms=0)
        for number in range(self.bettors):
            bias = (number % 5 - 2) * 4
            bettor = Bettor(bias=bias, until=self.resolve_day * SECOND)
            world.join(f"bettor-{number}", bettor, cash=dollars(60), every_ms=150, latency_ms=2 + number)
        world.join("oracle", Oracle(at=self.resolve_day * SECOND), every_ms=100)
        house = ClearingHouse(capital=0)
        world.attach(house)
        world.attach(PredictionMarket(house, "YES", "NO", oracle="oracle"))

    def conclusion(self, journal: Journal) -> str:
        """The last price, the answer, the payout, and the maker's result against its worst loss."""
        last = [event.price for event in journal.of(Trade) if event.symbol == "YES"][-1:]
        said = f"The market last said {last[0]} % for yes" if last else "Nobody traded a yes"
        resolved = next(journal.of(Resolved), None)
        if resolved is None:
            return f"{said}, and the run ended before the answer."
        result = fold(journal)["maker"].get("USD", 0) - MAKER_CASH
        return (
            f"{said}, and the answer was {resolved.outcome}: {counted(resolved.pairs, 'pair')} "
            f"{was(resolved.pairs)} paid {written(resolved.paid)}, the cash that lay behind them. {_met(journal)} "
            f"The maker's result is {written(result)}, and its rule keeps that from falling below "
            f"{written(-round(100 * worst_loss(self.liquidity, 2)))}."
        )


def _met(journal: Journal) -> str:
    """How many pairs were made by bids that met, and dissolved by asks that met."""
    met = [event.quantity for event in journal.of(PairsMade) if not event.account]
    made, merged = sum(each for each in met if each > 0), -sum(each for each in met if each < 0)
    told = f"{counted(made, 'pair')} {was(made)} made because bids for yes and for no met"
    return f"{told}, and {merged:,} {was(merged)} dissolved because asks met." if merged else f"{told}."
