"""Futures curve: two futures trade above the share by the cost of carry and converge to it (rulebook F-3.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import Future
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import SELL
from market_sim.core.models.market_events import Trade, Transferred
from market_sim.core.models.mechanism_events import InstrumentExpired, MarkedToMarket, SettlementPriceSet
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.core.money import cents, dollars, written
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.futures import Futures
from market_sim.market.mechanisms.initial_margin import InitialMargin
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.futures_trading import CashAndCarry, FutureMaker
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise


@dataclass(frozen=True)
class FuturesCurve(Scenario):
    """The price of a future: the share and the cost of carry until expiry; each day's change is paid in cash."""

    name: ClassVar[str] = "futures-curve"
    epochs: ClassVar[int] = 12

    expiry_day: int = bounded(5, least=1, most=500)
    """The day on which the near future expires; the far one expires on twice this day."""
    carry_bps: float = bounded(20.0, least=0.0, most=200.0)
    """The cost of carry of a day, in basis points; a run of some days shows the cost of a year."""
    shock_percent: float = bounded(-5.0, least=-60.0, most=60.0)
    speculators: int = bounded(4, least=0, most=100)

    NEAR: ClassVar[str] = "ACME-F1"
    FAR: ClassVar[str] = "ACME-F2"

    def build(self, world: World) -> None:
        """A share, a near and a far future with a maker each, speculators, and a cash-and-carry trader."""
        world.list(Stock("ACME", tick=cents(1)), value=dollars(100), volatility_bps=20)
        futures = [
            Future(symbol, underlying="ACME", expiry=days * SECOND, delivery="physical", tick=cents(1), multiplier=10)
            for symbol, days in ((self.NEAR, self.expiry_day), (self.FAR, 2 * self.expiry_day))
        ]
        maker = MarketMaker(spread_bps=6, size=40, levels=4)
        members = ["carrier"]
        for future in futures:
            world.list(future)
        world.join("maker", maker, cash=dollars(400_000), holdings={"ACME": 3_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        world.join("carrier", CashAndCarry(futures[1]), cash=dollars(30_000), every_ms=50)
        for future in futures:
            members.append(f"{future.symbol[-2:].lower()}-maker")
            quotes = FutureMaker(future, rate=self.carry_bps / 10_000 * TRADING_DAYS_A_YEAR)
            world.join(members[-1], quotes, cash=dollars(100_000), every_ms=20)
            for number in range(self.speculators):
                members.append(f"{future.symbol[-2:].lower()}-speculator-{number}")
                crowd = Noise(future.symbol, trade_probability=0.2, max_size=2, patience=0.2)
                world.join(members[-1], crowd, cash=dollars(20_000), latency_ms=5)
        marks = Marks(world.values)
        house = ClearingHouse(capital=dollars(20_000))
        world.attach(house)
        world.attach(InitialMargin(members, marks, rate_bps=1_000))
        world.attach(Futures(house, SettlementPrices(marks)))
        if self.shock_percent:
            world.at(epoch=min(3, self.expiry_day), shock=PriceShock("ACME", percent=self.shock_percent))

    def conclusion(self, journal: Journal) -> str:
        """The basis of each future at first and at expiry, the variation margin, and the result of the carry trade."""
        marked = [*journal.of(MarkedToMarket)]
        told = [self._basis(journal, symbol) for symbol in (self.NEAR, self.FAR)]
        paid = written(sum(event.paid for event in marked))
        deficits = f"; {found}" if (found := deficits_told(journal)) else ""
        return f"{'; '.join(told)}; losers paid winners {paid} day by day{deficits}. {self._carried(journal)}"

    @staticmethod
    def _basis(journal: Journal, symbol: str) -> str:
        """The basis of a future at its first trade and at expiry."""
        trade, worth = None, 0
        for event in journal:
            if isinstance(event, ValueMoved):
                worth = event.value
            elif isinstance(event, ShockHappened):
                worth = int(event.numbers["after"])
            elif isinstance(event, Trade) and event.symbol == symbol:
                trade = event
                break
        if trade is None:
            return f"{symbol} was never traded"
        away = f"{written(abs(trade.price - worth))} {'below' if trade.price < worth else 'above'}"
        began = f"{symbol} was first traded at {written(trade.price)}, {away} the share,"
        ended = next((event for event in journal.of(InstrumentExpired) if event.symbol == symbol), None)
        if ended is None:
            return f"{began} and had not expired when the run ended"
        share = {event.time: event.price for event in journal.of(SettlementPriceSet) if event.symbol == "ACME"}
        left = abs(ended.price - share[ended.time])
        return f"{began} and settled at {written(ended.price)}, {written(left)} from the share"

    def _carried(self, journal: Journal) -> str:
        """What the carrier paid for shares, what it sold them ahead for, and what it gained."""
        mine = [event for event in journal.of(Trade) if event.taker == "carrier"]
        shares = sum(event.quantity for event in mine if event.symbol == "ACME")
        ahead = 10 * sum(event.quantity for event in mine if event.side == SELL)
        if not ahead:
            return f"Nothing was carried: {self.FAR} never stood far enough above ACME."
        paid = sum(event.quantity * event.price for event in mine if event.symbol == "ACME")
        got = sum(10 * event.quantity * event.price for event in mine if event.side == SELL)
        told = f"The carrier sold {ahead:,} shares ahead for {written(got)} and bought {shares:,} for {written(paid)}"
        moved = [event for event in journal.of(Transferred) if event.asset == "USD"]
        gain = sum(event.amount * ((event.target == "carrier") - (event.source == "carrier")) for event in moved) - paid
        out = [event for event in journal.of(Transferred) if event.reason == "DELIVERED" and event.source == "carrier"]
        delivered = sum(event.amount for event in out)
        given = f"delivered {delivered:,} and had {written(abs(gain))} {'less' if gain < 0 else 'more'} cash in the end"
        return f"{told}; it {given}." if delivered else f"{told}; none were delivered before the run ended."
