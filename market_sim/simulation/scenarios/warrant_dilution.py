"""Warrant dilution: the exercise of a company's warrants issues new shares and dilutes the old ones."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, was
from market_sim.core.models.derivatives import Warrant
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.core.models.mechanism_events import Lapsed, SharesIssued
from market_sim.core.money import cents, dollars, written
from market_sim.core.trading_day import TRADING_DAYS_A_YEAR
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.warrants import Warrants
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.rounding import as_price
from market_sim.pricing.warrants import (
    WarrantIssue,
    price_after_exercise,
    price_before_announcement,
    price_outstanding,
)
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder, OptionHolder


@dataclass(frozen=True)
class WarrantDilution(Scenario):
    """What the exercise of warrants does to the company, its shareholders and the share price."""

    name: ClassVar[str] = "warrant-dilution"
    epochs: ClassVar[int] = 12

    warrants: int = bounded(1_000, least=1, most=1_000_000)
    strike: int = bounded(6_000, least=1, most=1_000_000)
    """In cents."""
    exercise_day: int = bounded(6, least=1, most=10)
    holders: int = bounded(4, least=1, most=100)

    SHARES: ClassVar[int] = 4_000
    """The shares outstanding before any exercise."""
    VALUE: ClassVar[int] = dollars(100)

    def build(self, world: World) -> None:
        """A company with authorised shares, holders of its warrants, and a price shock on the day of the exercise.

        The shock moves the value of the share to (V + M K)/(N + M), which all participants can compute on that day.
        Otherwise the value moves little, so that the fall can be seen.
        """
        world.list(Stock("ACME", tick=cents(1)), value=self.VALUE, volatility_bps=2)
        warrant = Warrant(
            "ACME-W", underlying="ACME", issuer="company", strike=self.strike, expiry=11 * SECOND, tick=cents(1)
        )
        world.list(warrant)
        # The company holds its authorised, unissued shares. The last holder never exercises.
        world.join("company", Holder(), holdings={"ACME": self.warrants})
        each, makers = self.warrants // (self.holders + 1), self.SHARES - 8 * 50
        maker = MarketMaker(spread_bps=6, size=20, levels=5)
        world.join("maker", maker, cash=dollars(400_000), holdings={"ACME": makers})
        for number in range(8):
            world.join(f"noise-{number}", Noise(), cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        for number in range(self.holders + 1):
            gain = None if number == self.holders else 1
            holder = OptionHolder(warrant, early_gain=gain, after=self.exercise_day * SECOND)
            held = {"ACME-W": each} if each else {}
            world.join(f"holder-{number}", holder, cash=each * self.strike, holdings=held)
        house = ClearingHouse(capital=dollars(10_000))
        world.attach(house)
        world.attach(Warrants(house, Marks(world.values)))
        percent = 100 * (self.after / self.VALUE - 1)
        if percent:
            world.at(epoch=self.exercise_day, shock=PriceShock("ACME", percent=percent))

    @property
    def issue(self) -> WarrantIssue:
        """The old shares, and the warrants that will be exercised: all but those of the last holder."""
        return WarrantIssue(self.SHARES, max(self.warrants // (self.holders + 1) * self.holders, 1))

    @property
    def after(self) -> float:
        """The value of a share after the exercise."""
        if self.strike >= self.VALUE:
            return float(self.VALUE)
        return price_after_exercise(self.SHARES * self.VALUE, self.strike, self.issue)

    def conclusion(self, journal: Journal) -> str:
        """The shares before and after, the company's proceeds, and the two theoretical prices of a warrant."""
        issued = [*journal.of(SharesIssued)]
        if not issued:
            return (
                f"No warrant with the strike {written(self.strike)} was exercised ({_unused(journal, 0)}): "
                f"{self.SHARES:,} shares are outstanding as before."
            )
        before, now = issued[0].outstanding_before, issued[-1].outstanding
        made = now - before
        fair = written(as_price(price_after_exercise(before * self.VALUE, self.strike, WarrantIssue(before, made)), 1))
        trades = [event for event in journal.of(Trade) if event.symbol == "ACME"]
        old = [event.price for event in trades if event.time < issued[0].time]
        new = [event.price for event in trades if event.time > issued[-1].time]
        moved = (
            f"the share traded at {written(as_price(fmean(old), 1))} on average before and at "
            f"{written(as_price(fmean(new), 1))} after (computed: {fair})"
            if old and new
            else f"the share is computed to be worth {fair} now"
        )
        return (
            f"{counted(made, 'warrant')} {was(made)} exercised ({_unused(journal, made)}): the shares outstanding rose "
            f"from {before:,} to {now:,}, and the part of the company that one share stands for fell to "
            f"{100 * before / now:.1f} % of what it was; the company got "
            f"{written(sum(event.cash for event in issued))}, and {moved}. {self._two_prices()}"
        )

    def _two_prices(self) -> str:
        """The value of a warrant before the issue is announced, and when the share price reflects it."""
        share = VanillaOption("call", self.VALUE, self.strike, 11 / TRADING_DAYS_A_YEAR, 0.2)
        hull, galai = (
            as_price(value, 1)
            for value in (price_before_announcement(share, self.issue), price_outstanding(share, self.issue))
        )
        return (
            f"With the share at {written(self.VALUE)} and a volatility of 20 % a warrant is worth {written(hull)} "
            f"before the issue is announced (Hull) and {written(galai)} once the price reflects it (Galai, Schneller)."
        )


def _unused(journal: Journal, exercised: int) -> str:
    """The number of warrants that lapsed, or that are still open."""
    lapsed = sum(event.quantity for event in journal.of(Lapsed))
    given = sum(event.amount for event in journal.of(Deposited) if event.asset == "ACME-W")
    left = given - exercised - lapsed
    return f"{lapsed:,} lapsed" if not left else f"{left:,} {'is' if left == 1 else 'are'} still open"
