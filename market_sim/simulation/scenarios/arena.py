"""The arena: six books of four kinds in one exchange, the ready set of instruments for scenarios with many markets.

One unit of quantity times one unit of price is one cent in each of them (price decimals and quantity decimals add up
to the two decimals of the dollar), so cash is price * quantity everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.models.derivatives import Perpetual, PredictionContract
from market_sim.core.models.instruments import Instrument, Spot
from market_sim.core.money import dollars
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

BTC, ETH, SOL, CREDITS = "BTC/USD", "ETH/USD", "SOL/USD", "CREDITS/USD"
BTC_PERPETUAL, SINGULARITY = "BTC/USD-PERP", "PRED-AI-SINGULARITY/USD"

VALUES = {BTC: 50_000, ETH: 30_000, SOL: 1_500, CREDITS: 100}
"""Where the spot prices start, in the units of each price: 50,000 dollars, 3,000.0, 150.0 and 1.00."""


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
    """Six books open at once: four coins, a perpetual and a bet; makers and traders on the coins."""

    name: ClassVar[str] = "arena"

    traders: int = bounded(6, least=1, most=100)

    def build(self, world: World) -> None:
        """List the six, then a maker and some traders for each coin."""
        schedules = arena_fees()
        for instrument in arena_instruments():
            world.list(instrument, schedules[instrument.kind], VALUES.get(instrument.symbol), volatility_bps=6)
        for symbol, value in VALUES.items():
            name = symbol.partition("/")[0].lower()
            size = max(1, dollars(500) // value)
            maker = MarketMaker(symbol, spread_bps=12, size=size, levels=6, step_bps=6, max_position=50 * size)
            world.join(f"maker-{name}", maker, cash=dollars(200_000), holdings={symbol: 200 * size})
            for number in range(self.traders):
                noise = Noise(symbol, trade_probability=0.15, max_size=max(2, size // 2))
                world.join(f"{name}-{number}", noise, cash=dollars(10_000), holdings={symbol: 20 * size}, latency_ms=5)
