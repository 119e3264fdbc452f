"""A market-wide trading halt at each of its three levels (NYSE rule 7.12): the fall of a day, and its pauses.

Five market minutes pass in a simulated second, so that a halt of a quarter of an hour lasts three. Bad news comes three
times. After levels 1 and 2 the market reopens by auction; after level 3 it does not before the next day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted, listed
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars, written
from market_sim.market.compliance.rule_halts import RuleHalt, rule_halts
from market_sim.market.dynamics.shocks import PriceShock
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise

SYMBOLS = ("ACME", "BETA")
NEWS = (2, 7, 12)
"""The epochs in which bad news comes; a halt of three epochs fits between them."""
LEVELS = ["HALTED_L1", "HALTED_L2", "HALTED_L3"]


@dataclass(frozen=True)
class CircuitBreaker(Scenario):
    """A market falls through all three levels of its trading halt: two pauses, two auctions, and an early evening."""

    name: ClassVar[str] = "circuit-breaker"
    epochs: ClassVar[int] = 15
    claim: ClassVar[str] = (
        "Each level halts every instrument once and in order, the first two reopen by auction, the third does not."
    )
    rules: ClassVar[str] = """\
base = "classroom"
name = "market-wide halts alone"
symbol_halt = false
volatility = false
market_wide = { call = 300 }
day = { pace = 300 }
"""

    first: float = bounded(-8.0, least=-50.0, most=0.0)
    second: float = bounded(-7.5, least=-50.0, most=0.0)
    third: float = bounded(-8.5, least=-50.0, most=0.0)

    def build(self, world: World) -> None:
        """Two stocks with a maker each, noise traders, and bad news for both three times."""
        for number, symbol in enumerate(SYMBOLS):
            world.list(Stock(symbol), value=dollars(100 - 40 * number))
            world.join(f"maker-{symbol}", MarketMaker(symbol), dollars(200_000), {symbol: 2_000}, every_ms=50)
            for trader in range(4):
                noise = Noise(symbol, trade_probability=0.3, patience=0)
                world.join(f"noise-{symbol}-{trader}", noise, dollars(5_000), {symbol: 60})
        for epoch, percent in zip(NEWS, (self.first, self.second, self.third), strict=True):
            for symbol in SYMBOLS:
                world.at(epoch=epoch, shock=PriceShock(symbol, percent=percent))

    def holds(self, journal: Journal) -> bool:
        """Whether the levels halted in order, with an auction's price after the first two."""
        halts = rule_halts(journal)
        return all(
            [halt.code for halt in of] == LEVELS
            and all(halt.ended is not None and halt.price is not None for halt in of[:2])
            and of[2].ended is None
            for of in ([halt for halt in halts if halt.symbol == symbol] for symbol in SYMBOLS)
        )

    def conclusion(self, journal: Journal) -> str:
        """Each halt with the fall that caused it, and the price at which trading resumed."""
        halts = [halt for halt in rule_halts(journal) if halt.symbol == SYMBOLS[0] and halt.code in LEVELS]
        if not halts:
            return "The index did not fall to a level that halts, so the market as a whole traded on."
        return f"The market halted {counted(len(halts), 'time')}: {listed(map(_told, halts))}."


def _told(halt: RuleHalt) -> str:
    level, fall = halt.numbers.get("level", ""), halt.numbers.get("fall", "")
    what = f"at level {level}, {about_seconds(halt.began)} into the run, after a fall of {fall}"
    if halt.ended is None:
        return f"{what}, until the next day" if halt.code == LEVELS[2] else f"{what}, beyond the end of the run"
    at = f" at {written(halt.price)} for {halt.symbol}" if halt.price is not None else " without a trade"
    return f"{what}, with an auction {about_seconds(halt.ended - halt.began)} later{at}"
