"""The stack race: two equal arbitrageurs see the same quote at the same instant, and only their machines differ."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.models.instruments import Stock
from market_sim.core.models.venue_events import MessageTimed
from market_sim.core.money import dollars
from market_sim.market.venues.latency_budget import BYPASS, KERNEL, STAGES, known_stack
from market_sim.simulation.engine.world import World
from market_sim.simulation.scenarios.bounds import bounded
from market_sim.simulation.scenarios.reckoning import traded
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.strategies.traditional.market_maker import MarketMaker
from market_sim.strategies.traditional.noise import Noise
from market_sim.strategies.traditional.venue_arbitrage import PromptArbitrage

PROMPT, LATE = "SIM-A", "SIM-B"
FIRST, SECOND = "racer-1", "racer-2"
NEVER_MS = 1_000_000
"""The interval of the racers: quotes wake them up, and nothing else."""


@dataclass(frozen=True)
class StackRace(Scenario):
    """What is a microsecond worth? Two equal arbitrageurs, one of whose machines reads the network card itself."""

    name: ClassVar[str] = "stack-race"
    epochs: ClassVar[int] = 6
    claim: ClassVar[str] = "The arbitrageur with the faster stack trades more than the other."

    first_stack: str = BYPASS
    second_stack: str = KERNEL
    late_ms: int = bounded(400, least=1, most=100_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        known_stack(self.first_stack), known_stack(self.second_stack)

    def build(self, world: World) -> None:
        """A maker on each of two venues, one of which renews its quotes late, noise, and the two racers."""
        for venue in (PROMPT, LATE):
            world.venue(venue)
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=10, venue=PROMPT)
        world.list(Stock("ACME"), venue=LATE)
        for venue, every_ms in ((PROMPT, 50), (LATE, self.late_ms)):
            maker = MarketMaker(spread_bps=6, size=10, levels=3, venue=venue, max_position=3_000)
            world.join(f"maker-{venue}", maker, dollars(500_000), {"ACME": 5_000}, every_ms=every_ms)
            for number in range(3):
                noise = Noise(trade_probability=0.2, venue=venue)
                world.join(f"noise-{number}-{venue}", noise, dollars(5_000), {"ACME": 50}, latency_ms=5)
        for name, stack in ((FIRST, self.first_stack), (SECOND, self.second_stack)):
            racer = PromptArbitrage(venues=(PROMPT, LATE))
            world.join(name, racer, dollars(100_000), {"ACME": 1_000}, every_ms=NEVER_MS, latency_ms=0.1, stack=stack)

    def holds(self, journal: Journal) -> bool:
        """Whether the one whose messages take less on average traded more; of equal stacks neither is faster."""
        told = _passed(journal)
        if len(told) < 2 or self.first_stack == self.second_stack:
            return True
        fast, slow = sorted(told, key=lambda name: fmean(map(sum, told[name])))
        return traded(journal, fast) > traded(journal, slow)

    def conclusion(self, journal: Journal) -> str:
        """What each racer's messages spent on its machine and where, and what it traded."""
        told = []
        for name, passed in _passed(journal).items():
            means = [fmean(stage) / 1_000 for stage in zip(*passed, strict=True)]
            worst = max(range(len(means)), key=means.__getitem__)
            told.append(
                f"a message of {name} spent {sum(means):.2f} us in its stack on average, {means[worst]:.2f} of them in "
                f"the stage {STAGES[worst].name}, and it traded {counted(traded(journal, name), 'share')}"
            )
        return f"{'; '.join(told)[:1].upper()}{'; '.join(told)[1:]}." if told else ""


def _passed(journal: Journal) -> dict[str, list[tuple[int, ...]]]:
    """The stages of every message, by its sender."""
    found: dict[str, list[tuple[int, ...]]] = {}
    for event in journal.of(MessageTimed):
        found.setdefault(event.account, []).append(event.stages)
    return dict(sorted(found.items()))
