"""Option expiry: a chain of options is written, traded, exercised early by some holders, and settled at one price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted, listed, was
from market_sim.core.models.instruments import Stock
from market_sim.core.models.mechanism_events import Assigned, Exercised, InstrumentExpired, Lapsed, SettlementPriceSet
from market_sim.core.money import cents, dollars, written
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.options import OptionsClearing, option_chain
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import OptionHolder, OptionWriter
from market_sim.strategies.traditional.option_maker import OptionMaker


@dataclass(frozen=True)
class OptionExpiry(Scenario):
    """How options end: calls and puts are exercised early or at expiry, assigned, or lapse."""

    name: ClassVar[str] = "option-expiry"
    epochs: ClassVar[int] = 12

    expiry_day: int = bounded(10, least=1, most=1_000)
    shock_percent: float = bounded(4.0, least=-90.0, most=500.0)
    holders: int = bounded(3, least=1, most=100)

    def build(self, world: World) -> None:
        """A share, a chain of three strikes, makers, covered writers, and holders with and without early exercise."""
        world.list(Stock("ACME", tick=cents(1)), value=dollars(100), volatility_bps=40)
        strikes = [dollars(95), dollars(100), dollars(105)]
        chain = option_chain("ACME", strikes, expiry=self.expiry_day * SECOND, multiplier=10)
        for option in chain:
            world.list(option)
        maker = MarketMaker(spread_bps=10, size=20, levels=4)
        world.join("maker", maker, cash=dollars(200_000), holdings={"ACME": 2_000})
        for number in range(8):
            noise = Noise(trade_probability=0.3)
            world.join(f"noise-{number}", noise, cash=dollars(5_000), holdings={"ACME": 50}, latency_ms=5)
        for number in range(2):
            quotes = OptionMaker(tuple(chain), edge=8 + 4 * number)
            world.join(f"option-maker-{number}", quotes, cash=dollars(500_000), holdings={"ACME": 2_000}, every_ms=50)
        at_the_money = next(option for option in chain if option.symbol == f"ACME-C{dollars(100)}")
        for number in range(2):
            world.join(f"writer-{number}", OptionWriter(at_the_money, 4), cash=dollars(1_000), holdings={"ACME": 60})
        for option in chain:
            for number in range(self.holders):
                early = dollars(3) if number == 0 else None
                name = f"{option.symbol.partition('-')[2].lower()}-holder-{number}"
                shares = {"ACME": 60} if option.right == "put" else {}
                holder = OptionHolder(option, quantity=2 + number, early_gain=early, after=7 * SECOND)
                world.join(name, holder, cash=dollars(10_000), holdings=shares, every_ms=200)
        marks = Marks(world.values)
        house = ClearingHouse(capital=dollars(100_000))
        world.attach(house)
        world.attach(OptionsClearing(house, SettlementPrices(marks), world.randomness))
        if self.shock_percent:
            world.at(epoch=6, shock=PriceShock("ACME", percent=self.shock_percent))

    def conclusion(self, journal: Journal) -> str:
        """The settlement price, the exercises, the assigned writers and the lapsed options."""
        early = sum(event.quantity for event in journal.of(Exercised) if event.by == "choice")
        late = sum(event.quantity for event in journal.of(Exercised) if event.by == "exception")
        before = f"{counted(early, 'option')} {was(early)} exercised"
        writers = sorted({event.account for event in journal.of(Assigned)})
        assigned = (
            f"{counted(len(writers), 'writer')} {was(len(writers))} assigned" if writers else "no writer was assigned"
        )
        assigned += f" ({', '.join(writers)})" if writers else ""
        if not any(journal.of(InstrumentExpired)):
            return f"{before} early, {assigned}, and the run ended before the expiry on day {self.expiry_day:,}."
        return (
            f"{_settled(journal)}: {before} before, {late:,} at expiry without being asked for, {_lapsed(journal)}; "
            f"{assigned}."
        )


def _settled(journal: Journal) -> str:
    """The settlement price, and the rule that gave it."""
    settled = next((event for event in journal.of(SettlementPriceSet) if event.symbol == "ACME"), None)
    if settled is None:
        return "ACME had no price to be settled at"
    mean = f"the mean of the last {settled.trades:,} trades" if settled.trades > 1 else "the price of the last trade"
    rule = mean if settled.rule == "mean" else "its mark, since it had not traded shortly before"
    return f"ACME was settled at {written(settled.price)}, {rule}"


def _lapsed(journal: Journal) -> str:
    """How many options lapsed, and why."""
    reasons: dict[str, int] = {}
    for event in journal.of(Lapsed):
        reasons[event.reason] = reasons.get(event.reason, 0) + event.quantity
    why = {
        "out of the money": "out of the money",
        "cannot pay or deliver": "because their holders could not pay or deliver",
        "no price": "for want of a price",
    }
    return (
        listed(f"{number:,} lapsed {why[reason]}" for reason, number in reasons.items()) if reasons else "none lapsed"
    )
