"""A bad rule: trading cools down at a volatility of 10 % a year, which is less than almost any stock has.

The number reads well, and a calm market breaks it all the same: a bid and an ask eight cents apart are enough, because
prices that jump between them have a volatility of their own. The profile `classroom` compares with the past of the
market itself, and lets the same market trade.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import about_seconds, counted
from market_sim.core.models.instruments import Stock
from market_sim.core.money import dollars
from market_sim.market.compliance.rule_halts import RuleHalt, rule_halts
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import prices_of
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise


@dataclass(frozen=True)
class BadRule(Scenario):
    """The literal volatility rule on a calm market: it halts most of the time, and for no reason that a trader sees."""

    name: ClassVar[str] = "bad-rule"
    epochs: ClassVar[int] = 12
    claim: ClassVar[str] = "The rule halts the market for most of the run, though no price moves by as much as 1 %."
    rules: ClassVar[str] = "literal"

    spread_bps: int = bounded(8, least=2, most=200)

    def build(self, world: World) -> None:
        """A value that stands still, a maker with room for its stock of shares, and noise traders."""
        world.rules(limits={"maker": dollars(1_000_000)})
        world.list(Stock("ACME"), value=dollars(100))
        maker = MarketMaker(spread_bps=self.spread_bps, size=10, levels=3)
        world.join("maker", maker, dollars(300_000), {"ACME": 3_000}, every_ms=500)
        for number in range(5):
            world.join(f"noise-{number}", Noise(trade_probability=0.35), dollars(9_000), {"ACME": 60}, every_ms=250)

    def measured(self, journal: Journal) -> tuple[int, int, int]:
        """How long the market was halted, how long the run was, and the largest distance of two prices in bps."""
        end = journal[-1].time
        halted = sum((end if halt.ended is None else halt.ended) - halt.began for halt in _coolings(journal))
        prices = [price for _, price in prices_of(journal, "ACME")] or [1]
        return halted, end, (max(prices) - min(prices)) * 10_000 // min(prices)

    def holds(self, journal: Journal) -> bool:
        """Whether it was halted for most of the run without a move of a percent."""
        halted, length, moved = self.measured(journal)
        return 2 * halted > length and moved < 100

    def conclusion(self, journal: Journal) -> str:
        """How much of the run was halted, the volatility that was measured, and how far prices really moved."""
        halts = _coolings(journal)
        halted, length, moved = self.measured(journal)
        prices = f"the highest and the lowest price were {moved / 100:g} % apart"
        if not halts:
            return f"No volatility halted the market; {prices}."
        first = halts[0]
        return (
            f"The market was halted for {about_seconds(halted)} of {length // SECOND} s, in "
            f"{counted(len(halts), 'halt')}; the first came {about_seconds(first.began)} into the run, at a volatility "
            f"of {first.numbers.get('measured', '')} a year, while {prices}."
        )


def _coolings(journal: Journal) -> list[RuleHalt]:
    return [halt for halt in rule_halts(journal) if halt.code == "HALTED_VOLATILE"]
