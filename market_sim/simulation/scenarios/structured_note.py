"""Structured note: a bank promises savers their money back and a part of the rise of a share (rulebook F-3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.derivatives import Note
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import InstrumentExpired, LossShared
from market_sim.core.money import cents, dollars, written
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.notes import Notes
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.deficits import deficits_told
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.note_trading import NoteMaker, Saver


@dataclass(frozen=True)
class StructuredNote(Scenario):
    """Capital protection: at maturity a note pays its face and a part of the rise, if its issuer can pay."""

    name: ClassVar[str] = "structured-note"
    epochs: ClassVar[int] = 12

    shock_percent: float = bounded(8.0, least=-80.0, most=200.0)
    participation_bps: int = bounded(8_000, least=1, most=50_000)
    """The part of the rise that a note pays, in basis points."""
    interest_bps: float = bounded(30.0, least=0.0, most=200.0)
    """The interest of a day, in basis points; a run of some days shows the interest of a year."""
    savers: int = bounded(5, least=1, most=100)
    house_capital: int = bounded(0, least=0, most=dollars(1_000_000))
    """The capital of the clearing house, which pays when the bank cannot, in cents."""
    bank_cash: int = bounded(dollars(2_000), least=0, most=dollars(1_000_000))
    """The bank's own cash, beside the proceeds of its notes, in cents."""

    MATURITY_DAY: ClassVar[int] = 10
    FACE: ClassVar[int] = dollars(1_000)
    START: ClassVar[int] = dollars(100)

    @property
    def note(self) -> Note:
        """The note with its terms."""
        return Note(
            "SAFE", underlying="ACME", issuer="bank", protected=self.FACE, strike=self.START,
            participation_bps=self.participation_bps, maturity=self.MATURITY_DAY * SECOND, tick=cents(1),
        )  # fmt: skip

    def build(self, world: World) -> None:
        """A share and its traders, a bank that issues five notes for each saver, and the savers."""
        world.list(Stock("ACME", tick=cents(1)), value=self.START, volatility_bps=10)
        world.list(self.note)
        maker = MarketMaker(spread_bps=10, size=20, levels=4)
        world.join("maker", maker, cash=dollars(200_000), holdings={"ACME": 2_000})
        for number in range(4):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        bank = NoteMaker(self.note, rate=self.interest_bps / 10_000 * TRADING_DAYS_A_YEAR)
        world.join("bank", bank, cash=self.bank_cash, holdings={"SAFE": 5 * self.savers + 10}, every_ms=20)
        for number in range(self.savers):
            world.join(f"saver-{number}", Saver(self.note), cash=dollars(8_000), every_ms=200)
        house = ClearingHouse(capital=self.house_capital)
        world.attach(house)
        world.attach(Notes(house, SettlementPrices(Marks(world.values))))
        if self.shock_percent:
            world.at(epoch=5, shock=PriceShock("ACME", percent=self.shock_percent))

    def conclusion(self, journal: Journal) -> str:
        """What savers paid, what the note promised at the settlement price, and what they received."""
        bought = [event for event in journal.of(Trade) if event.symbol == "SAFE" and event.maker == "bank"]
        notes, cost = sum(event.quantity for event in bought), sum(event.quantity * event.price for event in bought)
        told = f"Savers bought {counted(notes, 'note')} for {written(cost)}"
        ended = next(journal.of(InstrumentExpired), None)
        if ended is None:
            return f"{told}; the run ended before the maturity on day {self.MATURITY_DAY}."
        each = self.note.pays(ended.price)
        promised = each * ended.open_interest
        got = promised - sum(event.amount for event in journal.of(LossShared))
        change = f"{100 * (ended.price / self.START - 1):+.2f} %"
        short = f"; {found}" if (found := deficits_told(journal)) else ""
        return (
            f"{told}. ACME was settled at {written(ended.price)} ({change}), so a note promised {written(each)}: "
            f"{written(self.FACE)} and {written(each - self.FACE)} for the rise; holders got "
            f"{written(got)} of {written(promised)}{short}."
        )
