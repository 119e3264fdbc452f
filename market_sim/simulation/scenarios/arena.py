"""The arena: one exchange with six books of three kinds (spot, perpetual, prediction).

In each book one unit of quantity times one unit of price is one cent (price decimals and quantity decimals add up to
the two decimals of the dollar), so cash is always price * quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import Perpetual, PredictionContract
from market_sim.core.models.instruments import Instrument, Spot
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import FundingPaid, Resolved
from market_sim.core.money import dollars, written
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.funded_question import FundedQuestion
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.perpetuals import Perpetuals
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.bettor import Oracle
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker

BTC, ETH, SOL, CREDITS = "BTC/USD", "ETH/USD", "SOL/USD", "CREDITS/USD"
BTC_PERPETUAL, SINGULARITY = "BTC/USD-PERP", "PRED-AI-SINGULARITY/USD"

VALUES = {BTC: 50_000, ETH: 30_000, SOL: 1_500, CREDITS: 100}
"""The initial spot prices, in the unit of each price: 50,000 dollars, 3,000.0, 150.0 and 1.00."""

ANSWERED_AT = 8 * SECOND
FUNDED = 400
"""How many contracts of the bet there are."""


def arena_instruments() -> tuple[Instrument, ...]:
    """The six default pairs."""
    return (
        Spot(BTC, price_decimals=0, quantity_decimals=2),
        Spot(ETH, price_decimals=1, quantity_decimals=1),
        Spot(SOL, price_decimals=1, quantity_decimals=1),
        Spot(CREDITS),
        Perpetual(BTC_PERPETUAL, underlying=BTC, price_decimals=0, quantity_decimals=2, funding_every=8 * SECOND),
        PredictionContract(SINGULARITY, question="Will a machine pass the exam by the end of the run?", payout=100),
    )


def arena_fees() -> dict[str, FeeSchedule]:
    """What trading costs by kind: makers are paid on spot, and a bet costs most."""
    return {
        "spot": FeeSchedule(maker=bps(-0.5), taker=bps(2)),
        "perpetual": FeeSchedule(maker=bps(0), taker=bps(5)),
        "prediction": FeeSchedule(maker=bps(10), taker=bps(20)),
    }


@dataclass(frozen=True)
class Arena(Scenario):
    """Six books open at once: four coins, a perpetual that pays funding, and a bet that is answered."""

    name: ClassVar[str] = "arena"

    traders: int = bounded(6, least=1, most=100)

    def build(self, world: World) -> None:
        """List the six, then a maker and some traders for each, and the rules of the perpetual and the bet."""
        schedules = arena_fees()
        for instrument in arena_instruments():
            value, volatility = VALUES.get(instrument.symbol), 6
            if instrument.symbol == SINGULARITY:
                value, volatility = 50, 200
            world.list(instrument, schedules[instrument.kind], value, volatility_bps=volatility)
        for symbol, value in VALUES.items():
            name = symbol.partition("/")[0].lower()
            size = max(1, dollars(500) // value)
            maker = MarketMaker(symbol, spread_bps=12, size=size, levels=6, step_bps=6, max_position=50 * size)
            world.join(f"maker-{name}", maker, cash=dollars(200_000), holdings={symbol: 200 * size})
            for number in range(self.traders):
                noise = Noise(symbol, trade_probability=0.15, max_size=max(2, size // 2))
                world.join(f"{name}-{number}", noise, cash=dollars(10_000), holdings={symbol: 20 * size}, latency_ms=5)
        house = ClearingHouse(capital=dollars(50_000))
        world.attach(house)
        self._perpetual(world, house)
        self._bet(world, house)

    def _perpetual(self, world: World, house: ClearingHouse) -> None:
        """Two makers around the coin, traders who only know how to buy, and margin for all of them."""
        members = []
        for number in range(2):
            maker = PerpetualMaker(BTC_PERPETUAL, BTC, spread_bps=10 + 6 * number, size=5, most=200, lean_bps=60)
            members.append(f"perp-maker-{number}")
            world.join(members[-1], maker, cash=dollars(100_000), every_ms=50, latency_ms=2)
        for number in range(self.traders):
            members.append(f"perp-{number}")
            buyer = Noise(BTC_PERPETUAL, trade_probability=0.15, max_size=3, patience=0.2)
            world.join(members[-1], buyer, cash=dollars(20_000), latency_ms=5)
        marks = Marks(world.values)
        world.attach(InitialMargin(members, marks, rate_bps=1_000))
        world.attach(Perpetuals(house, marks))

    def _bet(self, world: World, house: ClearingHouse) -> None:
        """A sponsor who sells the contract that pays on yes and buys it back, traders, and an oracle."""
        sponsor = MarketMaker(
            SINGULARITY, spread_bps=800, size=10, levels=3, step_bps=200, target=FUNDED, max_position=FUNDED,
            until=ANSWERED_AT - SECOND // 10,
        )  # fmt: skip
        world.join("sponsor", sponsor, cash=dollars(2_000))
        for number in range(self.traders):
            world.join(f"bettor-{number}", Noise(SINGULARITY, trade_probability=0.2), cash=dollars(100), latency_ms=5)
        world.join("oracle", Oracle(yes=SINGULARITY, at=ANSWERED_AT))
        world.attach(FundedQuestion(house, SINGULARITY, oracle="oracle", sponsor="sponsor", quantity=FUNDED))

    def conclusion(self, journal: Journal) -> str:
        """How often each book traded, what was paid as funding, and how the bet ended."""
        trades = dict.fromkeys((instrument.symbol for instrument in arena_instruments()), 0)
        for trade in journal.of(Trade):
            trades[trade.symbol] += 1
        counts = ", ".join(f"{symbol} {count}" for symbol, count in trades.items())
        funding = sum(event.paid for event in journal.of(FundingPaid))
        answer = next(journal.of(Resolved), None)
        bet = (
            "the run ended before the bet was answered"
            if answer is None
            else f"the bet was answered {answer.outcome}, and the {written(answer.paid)} behind its {answer.pairs} "
            "contracts were paid out"
        )
        deficits = deficits_told(journal)
        return f"Trades: {counts}; funding of {written(funding)} was paid on the perpetual; {bet}" + (
            f"; {deficits}." if deficits else "."
        )
