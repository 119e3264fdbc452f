"""A tax on transactions: one share with it, one without, and traders who leave alone what no longer pays.

Tobin (1978) proposed it against short-term speculation. Whoever corrects a price pays it too, so the price may stray
further from the value (Jones and Seguin 1997); and what is not traded is not taxed (Umlauf 1993 on the Swedish tax).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.followers import MarketModel
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.informed import Informed
from market_sim.strategies.traditional.noise import Noise

FREE, TAXED = "FREE", "TAXED"
ANALYSTS = 3
COST_BPS = 4.0
"""What a trade has to promise an analyst beside the tax, in hundredths of a percent."""


class Traded(NamedTuple):
    """What one share showed: its turnover in cents, the fees paid on it, and the mean distance of price from value."""

    turnover: int
    paid: int
    away_bps: float
    trades: int


@dataclass(frozen=True)
class TransactionTax(Scenario):
    """What does a tax on trading change? Two shares of one value, and whoever takes a quote of one of them pays it."""

    name: ClassVar[str] = "tax"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = (
        "The taxed share is traded less, its price strays further from the value, and the tax yields less than it "
        "would on the turnover of the other."
    )

    tax_bps: int = bounded(15, least=0, most=500)
    traders: int = bounded(5, least=1, most=100)
    volatility_bps: float = bounded(8.0, least=0.0, most=100.0)

    def build(self, world: World) -> None:
        """For each share two makers who follow the last price, traders without a reason, and analysts who know."""
        world.list(Stock(FREE))
        world.list(Stock(TAXED), FeeSchedule(taker=bps(self.tax_bps)))
        named = {
            symbol: [f"analyst-{number}-{symbol.lower()}" for number in range(ANALYSTS)] for symbol in (FREE, TAXED)
        }
        world.value(FREE, dollars(100), RandomWalk(self.volatility_bps), known_to=named[FREE])
        world.value(TAXED, dollars(100), MarketModel(FREE, volatility_bps=0), known_to=named[TAXED])
        for symbol, tax in ((FREE, 0), (TAXED, self.tax_bps)):
            for number in range(2):
                maker = FixedSpread(symbol, size=20, max_position=4_000, spread_bps=6 + 2 * number, start=dollars(100))
                world.join(f"maker-{number}-{symbol.lower()}", maker, dollars(900_000), {symbol: 9_000}, every_ms=25)
            for number in range(self.traders):
                noise = Noise(symbol, trade_probability=0.2, patience=0)
                world.join(f"noise-{number}-{symbol.lower()}", noise, dollars(90_000), {symbol: 900}, latency_ms=5)
            for name in named[symbol]:
                analyst = Informed(symbol, edge_bps=COST_BPS + tax, size=20, max_position=3_000)
                world.join(name, analyst, dollars(400_000), {symbol: 4_000}, every_ms=40)

    def seen(self, journal: Journal, symbol: str) -> Traded:
        """The turnover, the tax and the mispricing of one share, measured at each of its trades."""
        value, turnover, paid, away, trades = dollars(100), 0, 0, 0.0, 0
        for event in journal:
            if isinstance(event, ValueMoved) and event.symbol == symbol:
                value = event.value
            elif isinstance(event, Trade) and event.symbol == symbol:
                turnover += event.price * event.quantity
                paid += event.taker_fee + event.maker_fee
                away += abs(event.price / value - 1)
                trades += 1
        return Traded(turnover, paid, 10_000 * away / trades if trades else 0.0, trades)

    def expected(self, untaxed: Traded) -> int:
        """What the tax would yield if nobody traded less because of it."""
        return untaxed.turnover * self.tax_bps // 10_000

    def holds(self, journal: Journal) -> bool:
        """Whether all three effects are there."""
        free, taxed = self.seen(journal, FREE), self.seen(journal, TAXED)
        return taxed.turnover < free.turnover and taxed.away_bps > free.away_bps and taxed.paid < self.expected(free)

    def conclusion(self, journal: Journal) -> str:
        """The turnover, the mispricing and the revenue of both shares."""
        free, taxed = self.seen(journal, FREE), self.seen(journal, TAXED)
        if not free.trades or not taxed.trades:
            return "At least one of the two shares was not traded, so there is nothing to compare."
        return (
            f"{FREE} was traded for {written(free.turnover)} in all and {TAXED} for {written(taxed.turnover)}; on "
            f"average a trade in {FREE} was {free.away_bps:.1f} bps away from the value, one in {TAXED} "
            f"{taxed.away_bps:.1f}. "
            f"The tax of {self.tax_bps} bps yielded {written(taxed.paid)}; on the turnover of {FREE} it would have "
            f"been {written(self.expected(free))}."
        )
