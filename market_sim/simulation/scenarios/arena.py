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
from market_sim.market.agents.strategy import Strategy
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
from market_sim.strategies.market_making.adaptive import AdaptiveMaker
from market_sim.strategies.market_making.inventory_models import AvellanedaStoikov, GueantLehalleTapia
from market_sim.strategies.market_making.tiers import TieredMaker
from market_sim.strategies.personality import Personality, personality
from market_sim.strategies.traditional.bettor import Oracle
from market_sim.strategies.traditional.fcn import FcnTrader
from market_sim.strategies.traditional.informed import Fundamentalist, Informed
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.perpetual_maker import PerpetualMaker
from market_sim.strategies.traditional.signals import Chartist, MeanReversion, Momentum

BTC, ETH, SOL, CREDITS = "BTC/USD", "ETH/USD", "SOL/USD", "CREDITS/USD"
BTC_PERPETUAL, SINGULARITY = "BTC/USD-PERP", "PRED-AI-SINGULARITY/USD"

VALUES = {BTC: 50_000, ETH: 30_000, SOL: 1_500, CREDITS: 100}
"""The initial spot prices, in the unit of each price: 50,000 dollars, 3,000.0, 150.0 and 1.00."""

TEN = {
    "hawk": BTC, "owl": ETH, "fox": SOL, "bear": CREDITS, "hare": BTC, "tortoise": ETH, "lynx": SOL, "bull": BTC,
    "otter": CREDITS, "wolf": ETH,
}  # fmt: skip
"""The ten participants with a name, and what each of them trades."""

TIERED = {BTC: "major", ETH: "popular", SOL: "minor"}
"""The coins that have a maker with a tier, beside the bear in the credits."""

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


def _strategy(name: str, symbol: str, mind: Personality) -> Strategy:
    """How one of the ten trades what it trades, by its personality."""
    price = VALUES[symbol] * (10_000 + mind.skew_bps) // 10_000
    unit = max(1, dollars(500) // VALUES[symbol])
    most = mind.position(20 * unit)
    # What a maker's formulas need, in the units of this price: its volatility, and quotes some basis points away.
    gamma, sigma, k = 1.7 * mind.risk_aversion / price, 0.0019 * price, 1_700 / price
    made: dict[str, Strategy] = {
        "hawk": AvellanedaStoikov(symbol, unit, max(most, unit), gamma=gamma, sigma=sigma, k=k),
        "owl": GueantLehalleTapia(symbol, unit, max(most, unit), gamma=gamma, sigma=sigma, k=k, intensity=3.0),
        "fox": AdaptiveMaker(symbol, unit, max(most, unit), spread_bps=14.0, lean_bps=abs(mind.skew_bps) + 2.0),
        "bear": TieredMaker(symbol, unit, max(most, unit), tier="exotic"),
        "hare": Momentum(symbol, size=unit, max_position=most),
        "tortoise": MeanReversion(symbol, size=unit, max_position=most),
        "lynx": Informed(symbol, edge_bps=2.0 * mind.risk_aversion, size=unit, max_position=most),
        "bull": Chartist(symbol, threshold_bps=6.0, size=unit, max_position=most),
        "otter": Fundamentalist(symbol, estimate=price, error_percent=0.3, size=unit, max_position=most),
        "wolf": FcnTrader(symbol, noise=mind.risk_aversion, max_size=unit, start=price),
    }
    return made[name]


@dataclass(frozen=True)
class Arena(Scenario):
    """Six books open at once: four coins, a perpetual that pays funding, a bet that is answered, and ten characters."""

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
        for symbol, tier in TIERED.items():
            size = max(1, dollars(500) // VALUES[symbol])
            tiered = TieredMaker(symbol, size, 50 * size, tier=tier)
            world.join(f"tier-{tier}", tiered, cash=dollars(200_000), holdings={symbol: 200 * size}, every_ms=50)
        self._named(world)
        house = ClearingHouse(capital=dollars(50_000))
        world.attach(house)
        self._perpetual(world, house)
        self._bet(world, house)

    def _named(self, world: World) -> None:
        """Ten by name, each with a personality by chance: makers, readers of the chart, and some with an opinion."""
        for name, symbol in TEN.items():
            mind = personality(world.randomness.stream(f"personality/{name}"))
            unit = max(1, dollars(500) // VALUES[symbol])
            world.join(
                name, _strategy(name, symbol, mind), cash=dollars(100_000), holdings={symbol: 60 * unit},
                every_ms=mind.speed_ms, latency_ms=2,
                describe={"risk_aversion": mind.risk_aversion, "skew_bps": mind.skew_bps},
            )  # fmt: skip

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
