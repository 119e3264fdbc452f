"""Covered calls: a premium now for what a share might gain later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.fold import fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.derivatives import Option
from market_sim.core.models.instruments import Stock
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import InstrumentExpired, SettlementPriceSet
from market_sim.core.money import dollars, written
from market_sim.market.dynamics.walks import RandomWalk
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.marks import Marks
from market_sim.market.mechanisms.options import OptionsClearing
from market_sim.market.mechanisms.settlement_price import SettlementPrices
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.market_making.fixed_spread import FixedSpread
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder, OptionWriter
from market_sim.strategies.traditional.option_maker import OptionMaker

WRITER, HOLDER = "writer", "holder"
CALL = "ACME-CALL"
MULTIPLIER = 10


@dataclass(frozen=True)
class CoveredCalls(Scenario):
    """What does a covered call give away? Two own the same shares, and one writes calls on them."""

    name: ClassVar[str] = "covered-calls"
    epochs: ClassVar[int] = 10
    claim: ClassVar[str] = "The writer ends richer than the holder exactly if the share ends below strike and premium."

    strike_dollars: int = bounded(101, least=50, most=200)
    contracts: int = bounded(8, least=1, most=50)
    drift_bps: float = bounded(0.0, least=-20.0, most=20.0)

    def build(self, world: World) -> None:
        """A share, a call that expires on day 8, a maker of each, noise, and the two owners."""
        call = Option(
            CALL, underlying="ACME", strike=dollars(self.strike_dollars), expiry=8 * SECOND, right="call",
            delivery="physical", multiplier=MULTIPLIER,
        )  # fmt: skip
        world.list(Stock("ACME"))
        world.value("ACME", dollars(100), RandomWalk(25, drift_bps=self.drift_bps))
        world.list(call)
        maker = FixedSpread(spread_bps=8, size=20, max_position=2_000)
        world.join("maker", maker, dollars(500_000), {"ACME": 4_000}, every_ms=50)
        for number in range(4):
            world.join(f"noise-{number}", Noise(trade_probability=0.2), dollars(5_000), {"ACME": 50}, latency_ms=5)
        quotes = OptionMaker((call,), volatility=0.4, edge=4, size=5, most=60)
        world.join("option-maker", quotes, dollars(500_000), {"ACME": 2_000}, every_ms=50)
        shares = {"ACME": self.contracts * MULTIPLIER}
        world.join(WRITER, OptionWriter(call, self.contracts), dollars(1_000), shares)
        world.join(HOLDER, Holder(), dollars(1_000), shares)
        house = ClearingHouse(capital=dollars(100_000))
        world.attach(house)
        world.attach(OptionsClearing(house, SettlementPrices(Marks(world.values)), world.randomness))

    def outcome(self, journal: Journal) -> tuple[int, int, int, int] | None:
        """At expiry: the settlement price, the premium for all contracts, the contracts, and the writer's advantage."""
        settled = next((event for event in journal.of(SettlementPriceSet) if event.symbol == "ACME"), None)
        if settled is None or not any(journal.of(InstrumentExpired)):
            return None
        premium = written_calls = 0
        for trade in journal.of(Trade):
            if trade.symbol == CALL and WRITER in (trade.taker, trade.maker):
                written_calls += trade.quantity
                premium += trade.price * trade.quantity * MULTIPLIER
        accounts = fold(journal)
        one, other = (
            accounts[name].get("USD", 0) + accounts[name].get("ACME", 0) * settled.price for name in (WRITER, HOLDER)
        )
        return settled.price, premium, written_calls, one - other

    def holds(self, journal: Journal) -> bool:
        """Whether it is the premium against what lay above the strike, to the cent."""
        told = self.outcome(journal)
        if told is None:
            return False
        price, premium, count, advantage = told
        given = max(0, price - dollars(self.strike_dollars)) * count * MULTIPLIER
        return advantage == premium - given and (advantage > 0) == (given < premium)

    def conclusion(self, journal: Journal) -> str:
        """The premium, what was given away for it, and who was richer."""
        told = self.outcome(journal)
        if told is None:
            return "The run ended before the calls expired."
        price, premium, count, advantage = told
        if not count:
            return f"Nobody bid for the calls, so none was written; ACME was settled at {written(price)}."
        given = max(0, price - dollars(self.strike_dollars)) * count * MULTIPLIER
        richer = (
            "as rich as"
            if not advantage
            else f"{written(abs(advantage))} {'richer' if advantage > 0 else 'poorer'} than"
        )
        return (
            f"The writer got {written(premium)} for {count:,} {'call' if count == 1 else 'calls'} at a strike of "
            f"{written(dollars(self.strike_dollars))} and gave {written(given)} away when ACME was settled at "
            f"{written(price)}: it ended {richer} the holder."
        )
