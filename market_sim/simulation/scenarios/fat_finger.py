"""A fat finger: a clerk means 100.00, types 1,000.00, and a thin book would fill it (as on 8 December 2005 at Mizuho).

The rule compares the limit with recent trades and refuses it with its score. Without rules (`--rules none`) the order
takes all that is offered, up to quotes that were never meant to trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.money import dollars, written
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import trades_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.option_holder import Holder

CLERK, FAR_AWAY = "clerk", "far-away"
VALUE = dollars(100)
MOST_PERCENT = 2
"""No price of a trade is farther than this from the value, if the rule holds."""


@dataclass(frozen=True)
class FatFinger(Scenario):
    """One zero too many: a limit of ten times the price is refused with its score, and the right one trades."""

    name: ClassVar[str] = "fat-finger"
    claim: ClassVar[str] = "The wrong limit is refused with its score, the right one trades, and no price is far off."
    rules: ClassVar[str] = "classroom"

    times: float = bounded(10.0, least=1.0, most=100.0)
    quantity: int = bounded(90, least=1, most=400)

    def build(self, world: World) -> None:
        """A maker, noise traders, an offer far away that nobody expects to trade, and the clerk's two orders."""
        world.list(Stock("ACME"), value=VALUE)
        world.join("maker", MarketMaker(size=10, levels=3), dollars(300_000), {"ACME": 2_000})
        for number in range(5):
            world.join(f"noise-{number}", Noise(trade_probability=0.35), dollars(9_000), {"ACME": 60})
        world.join(FAR_AWAY, Holder(), 0, {"ACME": 400})
        world.join(CLERK, Holder(), dollars(1_000_000))
        world.at(time_ms=100, submit=(FAR_AWAY, Sell("ACME", 400, VALUE * 9)))
        wrong = round(VALUE * self.times)
        world.at(time_ms=5_010, submit=(CLERK, Buy("ACME", self.quantity, wrong, "ioc")))
        world.at(time_ms=6_010, submit=(CLERK, Buy("ACME", 10, VALUE * 101 // 100, "ioc")))

    def worst(self, journal: Journal) -> tuple[int, int]:
        """The number of shares that the clerk bought, and the highest price of them."""
        bought = [(trade.price, trade.quantity) for trade, _, _ in trades_of(journal, CLERK)]
        return sum(quantity for _, quantity in bought), max((price for price, _ in bought), default=0)

    def holds(self, journal: Journal) -> bool:
        """Whether the first order was refused for its price and the second one traded near the value."""
        refused = [event.reason for event in journal.of(OrderRejected) if event.account == CLERK]
        quantity, highest = self.worst(journal)
        return refused == ["FAT_FINGER"] and quantity > 0 and highest <= VALUE * (100 + MOST_PERCENT) // 100

    def conclusion(self, journal: Journal) -> str:
        """The score of the refused order, or what it cost where nobody refused it."""
        quantity, highest = self.worst(journal)
        paid = sum(trade.price * trade.quantity for trade, _, _ in trades_of(journal, CLERK))
        bought = f"the clerk bought {counted(quantity, 'share')} for {written(paid)}" if quantity else ""
        for event in journal.of(OrderRejected):
            if event.account == CLERK and event.reason == "FAT_FINGER":
                limit, mean = written(int(event.numbers["limit"])), written(int(event.numbers["mean"]))
                said = (
                    f"A limit of {limit} was refused: it lies {event.numbers['score']} standard deviations above the "
                    f"mean {mean} of the last {counted(int(event.numbers['trades']), 'trade')}"
                )
                return f"{said}; with the right limit {bought}." if bought else f"{said}."
        if not quantity:
            return "The clerk bought nothing."
        return f"Nothing stopped the clerk: {bought}, at up to {written(highest)} a share."
