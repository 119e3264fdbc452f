"""The default scenario: one stock, three market makers, a dozen noise traders, and bad news in epoch 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.run_events import ShockHappened
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.core.money import cents, dollars, written
from market_sim.core.units import SECOND
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.dynamics.volatility import Garch
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.final_and_settled import clocks_of_trades
from market_sim.simulation.scenarios.reckoning import gained, prices_of, trading_gain
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.volatility_maker import VolatilityMaker
from market_sim.strategies.traditional.noise import Noise

MADE_FOR_BPS = 15.0
"""The steps of the value that the makers' spreads are made for: five times the ordinary ones, so that only wild times
widen them."""


@dataclass(frozen=True)
class FirstMarket(Scenario):
    """One stock, from orders to payment: quotes, trades, bad news in epoch 6, blocks, settlement."""

    name: ClassVar[str] = "first-market"

    traders: int = bounded(12, least=1, most=500)
    makers: int = bounded(3, least=1, most=50)
    shock_percent: float = bounded(-0.5, least=-90.0, most=500.0)
    volatility_bps: float = bounded(3.0, least=0.0, most=50.0)

    def build(self, world: World) -> None:
        """Makers with spreads of different width that follow volatility, noise traders, and one price shock."""
        fees = FeeSchedule(maker=bps(0.5), taker=bps(1))
        world.list(Stock("ACME", tick=cents(1)), fees)
        world.value("ACME", dollars(100), Garch(self.volatility_bps, reaction=0.12, persistence=0.86))
        for number in range(self.makers):
            maker = VolatilityMaker(
                spread_bps=8 + 4 * number, size=8 + 4 * number, levels=6, step_bps=3, made_for_bps=MADE_FOR_BPS
            )
            world.join(f"maker-{number}", maker, cash=dollars(100_000), holdings={"ACME": 1_000}, latency_ms=1 + number)
        for number in range(self.traders):
            world.join(
                f"noise-{number}",
                Noise(trade_probability=0.2, patience=0.28),
                cash=dollars(5_000),
                holdings={"ACME": 50},
                latency_ms=5,
            )
        if self.shock_percent:
            world.at(epoch=6, shock=PriceShock("ACME", percent=self.shock_percent))

    def conclusion(self, journal: Journal) -> str:
        """How the price took the news, what the makers gained, and how far the trades came."""
        clocks = clocks_of_trades(journal)
        if not clocks:
            return "Nothing was traded."
        makers = sum(trading_gain(journal, f"maker-{number}") for number in range(self.makers))
        final = sum(one.finalized is not None for one in clocks)
        settled = sum(one.settled is not None for one in clocks)
        paid = f" and {settled:,} {was(settled)} settled" if any(journal.of(SettlementOpened)) else ""
        return (
            f"{self._news(journal)}{counted(self.makers, 'maker')} {gained(makers)} by trading, at the last value. Of "
            f"{counted(len(clocks), 'trade')} matched, {final:,} became final{paid}."
        )

    def _news(self, journal: Journal) -> str:
        news = next(journal.of(ShockHappened), None)
        if news is None:
            return ""
        prices = prices_of(journal, "ACME")
        before = [price for time, price in prices if time < news.time]
        after = [price for time, price in prices if news.time <= time < news.time + SECOND]
        if not before or not after:
            return ""
        value = f"{written(int(news.numbers['before']))} to {written(int(news.numbers['after']))}"
        return (
            f"News moved the value of ACME from {value}; the last trade before it was at {written(before[-1])}, the "
            f"last one within a second after it at {written(after[-1])}. "
        )
