"""The check of a scenario: does what it claims hold with other seeds, and what is it like to be in it?

Each seed is one run, without settlement unless the claim is about a chain. The first few are also checked for broken
invariants, and played once more with a naive student in them, who follows the trend of the first instrument that can
be owned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

from market_sim.analysis.gains import gains
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.market_events import InstrumentListed, PhaseChanged
from market_sim.core.models.run_events import WarningGiven
from market_sim.core.money import written
from market_sim.market.exchange.listing import HALTED
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.rule_conflicts import rule_conflicts
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario

LOOKED_AT_CLOSELY = 10
"""How many of the runs are checked for invariants, and played with a student."""
STUDENT = "naive-student"
OWNED = ("stock", "spot")


@dataclass
class Findings:
    """What the runs of one scenario showed."""

    scenario: Scenario
    seeds: int = 0
    held: int = 0
    failed: list[int] = field(default_factory=list)
    """The seeds with which the claim was not true."""
    halts: int = 0
    breaches: list[str] = field(default_factory=list)
    strategy_failures: int = 0
    warnings: set[str] = field(default_factory=set)
    students: list[int] = field(default_factory=list)
    """What the naive student gained by trading, in cents."""
    seconds: list[float] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether the claim held in as many runs as it has to, and nothing broke."""
        enough = not self.scenario.claim or self.held >= self.scenario.claim_share * self.seeds
        return enough and not self.breaches and not self.strategy_failures

    def lines(self) -> Iterator[str]:
        """The findings as sentences."""
        claim = self.scenario.claim
        if claim:
            yield f"claim        {claim}"
            seeds = f"; not with seed {', '.join(map(str, self.failed[:5]))}" if self.failed else ""
            more = f" and {len(self.failed) - 5} more" if len(self.failed) > 5 else ""
            needed = f"{self.scenario.claim_share:.0%} are needed"
            yield f"held         in {self.held:,} of {counted(self.seeds, 'run')}; {needed}{seeds}{more}"
        else:
            yield "claim        none is made, so only the rules are checked"
        yield f"halts        {self.halts:,}"
        yield f"breaches     {'; '.join(self.breaches[:3]) or 'none'}"
        if self.strategy_failures:
            yield f"stopped      {counted(self.strategy_failures, 'strategy', 'strategies')} raised an error"
        if self.students:
            won = sum(gain > 0 for gain in self.students)
            middle = written(round(median(self.students)))
            yield (
                f"a student    who follows the trend gained by trading in {won} of "
                f"{counted(len(self.students), 'run')}, {middle} at the median"
            )
        for warning in sorted(self.warnings):
            yield f"warning      {warning}"
        yield f"time         {median(self.seconds):.2f} s for a run at the median, {max(self.seconds):.2f} s at most"


def checked_scenario(
    scenario: Scenario, seeds: int, epochs: int | None = None, first: int = 1, rules: str | None = None
) -> Findings:
    """Play the scenario with so many seeds, under its own rules or these."""
    found = Findings(scenario, seeds)
    for seed in range(first, first + seeds):
        closely = seed - first < LOOKED_AT_CLOSELY
        options = Options(seed=seed, epochs=epochs, settlement=scenario.claim_settlement, paranoid=closely, rules=rules)
        began = perf_counter()
        try:
            result = simulate(scenario, options)
        except InvariantBroken as broken:
            found.breaches.append(f"seed {seed}: {broken}")
            found.failed.append(seed)
            continue
        finally:
            found.seconds.append(perf_counter() - began)
        found.halts += sum(event.phase == HALTED for event in result.journal.of(PhaseChanged))
        found.strategy_failures += len(result.failures)
        found.warnings |= {event.sentence for event in result.journal.of(WarningGiven)}
        if seed == first:
            found.warnings |= {*rule_conflicts(prepared(scenario, options), result.journal)}
        if scenario.claim:
            holds = scenario.holds(result.journal)
            found.held += holds
            found.failed += [] if holds else [seed]
        if closely:
            found.students += _student(scenario, replace(options, paranoid=False), result.journal)
    return found


def _student(scenario: Scenario, options: Options, journal: Journal) -> list[int]:
    """What a naive student gains by trading in this run; nothing where there is nothing that can be owned."""
    symbol = next((event.symbol for event in journal.of(InstrumentListed) if event.kind in OWNED), None)
    if symbol is None:
        return []
    guest = f"momentum,name={STUDENT},cash=10000,symbol={symbol},threshold_bps=5"
    played = simulate(scenario, replace(options, guests=guest))
    return [row.from_trading for row in gains(played.journal) if row.account == STUDENT]
