"""Futures day by day: two farmers with the same harvest, one of whom has sold it ahead (rulebook F-3.5).

The future pays every day what the price has moved since the day before, so what the harvest loses the short future
gains; Working (1953) calls it the arbitrage of the hedger, who trades the risk of the price for that of the basis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.derivatives import Future
from market_sim.core.models.instruments import Spot
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import MarkedToMarket
from market_sim.core.money import cents, dollars, written
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.reckoning import gained, values_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.futures_trading import FutureMaker
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder
from market_sim.strategies.traditional.position_taker import PositionTaker

HEDGED, OPEN = "farmer-ahead", "farmer-waits"
WHEAT, FUTURE = "WHEAT", "WHEAT-F"
MULTIPLIER = 10


class Season(NamedTuple):
    """What became of a farmer: units sold ahead, the change of the harvest's value, and what the future paid in."""

    ahead: int
    harvest: int
    paid: int


@dataclass(frozen=True)
class FuturesDay(Scenario):
    """What is a future good for? Two farmers with one harvest each; one sells it ahead and is paid or pays each day."""

    name: ClassVar[str] = "futures-day"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = "What the farmer has who sold ahead changes less than half as much as what the other has."

    harvest: int = bounded(400, least=10, most=1_000)
    hedged_percent: int = bounded(100, least=0, most=200)
    """The part of the harvest that is sold ahead, in whole contracts of ten units."""
    volatility_bps: float = bounded(60.0, least=0.0, most=300.0)
    expiry_day: int = bounded(10, least=1, most=1_000)

    START: ClassVar[int] = dollars(100)

    @property
    def contracts(self) -> int:
        """How many futures the farmer wants to sell."""
        return self.harvest * self.hedged_percent // (100 * MULTIPLIER)

    def build(self, world: World) -> None:
        """Wheat, a future on it, a maker and a crowd for each, and the two farmers."""
        world.list(Spot(WHEAT, tick=cents(1)), value=self.START, volatility_bps=self.volatility_bps)
        future = Future(FUTURE, underlying=WHEAT, expiry=self.expiry_day * SECOND, tick=cents(1), multiplier=MULTIPLIER)
        world.list(future)
        maker = MarketMaker(WHEAT, spread_bps=6, size=40, levels=4)
        world.join("maker", maker, dollars(400_000), {WHEAT: 3_000})
        for number in range(3):
            world.join(f"noise-{number}", Noise(WHEAT), dollars(9_000), {WHEAT: 60}, latency_ms=5)
        members = ["future-maker", HEDGED]
        quotes = FutureMaker(future, rate=0.0, size=50, most=600)
        world.join("future-maker", quotes, dollars(400_000), every_ms=20)
        ahead = PositionTaker(FUTURE, target=-self.contracts, slice=50) if self.contracts else Holder()
        for number in range(3):
            members.append(f"speculator-{number}")
            crowd = Noise(FUTURE, trade_probability=0.2, max_size=2, patience=0.2)
            world.join(members[-1], crowd, dollars(60_000), latency_ms=5)
        world.join(HEDGED, ahead, dollars(100_000), {WHEAT: self.harvest}, every_ms=20)
        world.join(OPEN, Holder(), dollars(100_000), {WHEAT: self.harvest})
        prices = Marks(world.values)
        house = ClearingHouse(capital=dollars(100_000))
        world.attach(house)
        world.attach(InitialMargin(members, prices, rate_bps=1_000))
        world.attach(Futures(house, SettlementPrices(prices)))

    def season(self, journal: Journal) -> Season:
        """The farmer who sells ahead, until the future last paid."""
        sold = [trade for trade in journal.of(Trade) if trade.symbol == FUTURE and trade.taker == HEDGED]
        moved = [event for event in journal.of(Transferred) if event.asset == "USD"]
        paid = sum(event.amount * ((event.target == HEDGED) - (event.source == HEDGED)) for event in moved)
        first = next((value for _, value in values_of(journal, WHEAT)), self.START)
        last = [event.price for event in journal.of(MarkedToMarket) if event.symbol == FUTURE] or [first]
        return Season(MULTIPLIER * sum(trade.quantity for trade in sold), (last[-1] - first) * self.harvest, paid)

    def holds(self, journal: Journal) -> bool:
        """Whether the hedge took away more than half of the change."""
        season = self.season(journal)
        return 2 * abs(season.harvest + season.paid) < abs(season.harvest)

    def conclusion(self, journal: Journal) -> str:
        """What each farmer's harvest, and what the future, came to."""
        season = self.season(journal)
        days = sum(event.symbol == FUTURE for event in journal.of(MarkedToMarket))
        if not days:
            return "The run ended before the future was marked for the first time."
        with_harvest, waited = gained(season.harvest + season.paid), gained(season.harvest)
        short = f"; {found}" if (found := deficits_told(journal)) else ""
        return (
            f"Until the last of {counted(days, 'daily settlement')} each harvest of {counted(self.harvest, 'unit')} "
            f"{waited} in value. The farmer who sold {counted(season.ahead, 'unit')} ahead {_settled(season.paid)} in "
            f"them, so with its harvest it {with_harvest}; the one who waited {waited}{short}."
        )


def _settled(amount: int) -> str:
    """What the daily payments came to."""
    return f"paid {written(-amount)}" if amount < 0 else f"was paid {written(amount)}"
