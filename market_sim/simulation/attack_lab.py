"""The attack lab: a search for a schedule of byzantine behaviours and partitions that forks or stalls a committee.

Each step of a schedule is one behaviour of one validator in one epoch, or one partition of the network in one epoch,
written as on the command line; so the answer is a command. The search runs the committee alone, always over the trades
of the same market. A schedule that reaches the goal there must reach it again in a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

from market_sim.blockchain.payload import TradeRecords
from market_sim.blockchain.register import Register
from market_sim.blockchain.trade_pool import TradePool
from market_sim.core.consensus.behaviours import parse_behaviours
from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.network import Conditions, Network, parse_partitions
from market_sim.core.consensus.signing import Ed25519Scheme
from market_sim.core.data.journal import Journal
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockFinalized, SafetyViolated
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.core.randomness import Randomness, Stream
from market_sim.simulation.announcements import announcements
from market_sim.simulation.engine.clock import Clock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario

GOALS = ("fork", "stall")
STALLED = 8
"""The epochs without a new final block that are a stall; one byzantine validator of four causes at most 7 (C8)."""
SHORTEST_STALL = 3
"""Even without faults a block waits for the next one, so that two epochs are no stall."""
LONGEST_STALL = 30
DEPTH = 12
"""The epochs of a schedule, where a stall does not need more."""
FEWEST_FOR_A_RATE = 30
"""After fewer schedules without success nothing is said of how rare success is."""
WAYS = ("two-faced", "equivocate", "silent", "withhold", "late", "double-vote", "usurp")
LONGEST_WINDOW = 3


class Step(NamedTuple):
    """One behaviour of validator `who` in one epoch; `who` is -1 for a partition of the network."""

    epoch: int
    who: int
    what: str

    @property
    def typed(self) -> str:
        """The step as it is written on the command line."""
        return f"{self.epoch}:{self.what}" if self.who < 0 else f"n{self.who}:{self.what}@{self.epoch}"


Schedule = tuple[Step, ...]
Progress = Callable[[int, bool], object]
"""Receives the number of schedules tried, and whether the last of them reached the goal."""


@dataclass(frozen=True)
class Question:
    """The parameters of a search: committee, goal, depth, and the budget of schedules."""

    validators: int = 4
    byzantine: int = 2
    goal: str = "fork"
    budget: int = 20_000
    seed: int = 1
    depth: int = DEPTH
    stall: int = STALLED
    """For the goal of that name: how many epochs in a row without a new final block."""

    def __post_init__(self) -> None:
        if self.goal not in GOALS:
            raise InputError(f"the goal is {' or '.join(GOALS)}, found {self.goal!r}")
        if not 4 <= self.validators <= 10:
            raise InputError(f"the lab seats from 4 to 10 validators, found {self.validators}")
        if not 1 <= self.byzantine < self.validators:
            most = self.validators - 1
            raise InputError(f"from 1 to {most} of {self.validators} can be byzantine, found {self.byzantine}")
        if not 1 <= self.budget <= 1_000_000:
            raise InputError(f"a budget is from 1 to 1,000,000 schedules, found {self.budget}")
        if not SHORTEST_STALL <= self.stall <= LONGEST_STALL:
            raise InputError(f"a stall lasts from {SHORTEST_STALL} to {LONGEST_STALL} epochs, found {self.stall}")
        least = self.stall + 2 if self.goal == "stall" else SHORTEST_STALL + 2
        if not least <= self.depth <= 40:
            raise InputError(f"the depth is from {least} to 40 epochs, found {self.depth}")

    @property
    def wanted(self) -> str:
        """What the goal is, in words."""
        return f"stall of {self.stall} epochs" if self.goal == "stall" else self.goal

    @property
    def is_within_the_bound(self) -> bool:
        """Whether the rules tolerate this number of byzantine validators."""
        return 3 * self.byzantine < self.validators


@dataclass(frozen=True)
class Answer:
    """The result of a search: a shortened schedule, or none, and the number of schedules tried."""

    question: Question
    tried: int
    schedule: Schedule = ()
    epochs: int = 0
    is_shortest: bool = True
    """Whether no step can be left out; a search that was stopped may not have come that far."""

    @property
    def options(self) -> Options:
        """The options of the run that shows the schedule."""
        behaviours = ",".join(step.typed for step in self.schedule if step.who >= 0)
        splits = ",".join(step.typed for step in self.schedule if step.who < 0)
        return options(self.question, behaviours, splits, self.epochs)

    @property
    def sentence(self) -> str:
        """The answer in one sentence; a search without success is never called a proof."""
        asked = self.question
        who = f"{asked.byzantine} of {asked.validators} byzantine"
        if not self.schedule:
            rate = "too few to say how rare one is"
            if self.tried >= FEWEST_FOR_A_RATE:
                rate = (
                    f"with 95 % confidence fewer than one in {self.tried // 3:,} schedules of this search leads to a "
                    f"{asked.wanted}, and nothing more is claimed"
                )
            none = f"none in {counted(self.tried, 'schedule')} up to depth {asked.depth} with {who}"
            return f"{none}: {rate}"
        left = "without any one of them it vanishes" if self.is_shortest else "stopped before it was the shortest"
        return (
            f"a {asked.wanted} with {who}, found at schedule {self.tried:,} and shortened to "
            f"{counted(len(self.schedule), 'step')} in {counted(self.epochs, 'epoch')}; {left}"
        )


def depth_for(goal: str, stall: int) -> int:
    """The epochs of a schedule in which this goal can be reached."""
    return max(DEPTH, stall + 2) if goal == "stall" else DEPTH


def options(asked: Question, behaviours: str, splits: str, epochs: int) -> Options:
    """The options of a run with these byzantine behaviours and partitions."""
    return Options(
        seed=asked.seed,
        epochs=epochs,
        settlement="none",
        validators=asked.validators,
        byzantine=behaviours or None,
        partition=splits or None,
        beyond_the_bound=None if asked.is_within_the_bound else True,
    )


class Laboratory:
    """The search: every committee in it hears of the same trades at the same times."""

    def __init__(self, asked: Question, scenario: Scenario) -> None:
        self._asked = asked
        self._scenario = scenario
        whole = simulate(scenario, options(asked, "", "", asked.depth)).journal
        self._register = Register.of(event for event in whole if event.time == 0)
        self._news = list(announcements(whole, (asked.depth + 1) * 2 * Rules().delta_ns))
        self._rules = Rules(validators=asked.validators, beyond_the_bound=True)
        self._scheme = Ed25519Scheme(Randomness(asked.seed), asked.validators)
        self.tried = 0
        self._is_stopped = False

    def search(self, watch: Progress = lambda tried, is_found: None) -> Answer:
        """Try all short windows of one behaviour, then random schedules; shorten the first that reaches the goal.

        `watch` is told after each schedule, and once when one is found.
        """
        asked = self._asked
        for schedule in self._schedules():
            if self.tried >= asked.budget or self._is_stopped:
                break
            self.tried += 1
            is_found = self.shows(schedule, asked.depth)
            watch(self.tried, is_found)
            if is_found:
                return self._shortened(schedule)
        return Answer(asked, self.tried)

    def stop(self) -> None:
        """End the search; its answer then tells of the schedules tried until now."""
        self._is_stopped = True

    def shows(self, schedule: Schedule, epochs: int) -> bool:
        """Whether this schedule reaches the goal, in the committee alone and again in a whole run."""
        return self._reaches(schedule, epochs) and reached(
            self._asked.goal, self._played(schedule, epochs), self._asked.stall
        )

    def _played(self, schedule: Schedule, epochs: int) -> Journal:
        return simulate(self._scenario, Answer(self._asked, 0, schedule, epochs).options).journal

    def _schedules(self) -> Iterator[Schedule]:
        yield from self._windows()
        luck = Randomness(self._asked.seed).stream("attack-lab")
        while True:
            yield self._drawn(luck)

    def _windows(self) -> Iterator[Schedule]:
        """All windows of one to three epochs, or to the end, in which all byzantine validators show one behaviour."""
        asked = self._asked
        lengths = (*range(1, LONGEST_WINDOW + 1), asked.depth)
        ways = WAYS if asked.goal == "fork" else ("silent", *(way for way in WAYS if way != "silent"))
        for what, length, first in product(ways, lengths, range(1, asked.depth + 1)):
            window = range(first, min(first + length, asked.depth + 1))
            for liars in combinations(range(asked.validators), asked.byzantine):
                yield tuple(Step(epoch, who, what) for epoch in window for who in liars)

    def _drawn(self, luck: Stream) -> Schedule:
        """A random schedule: which validators are byzantine, how often, and when the network is partitioned."""
        asked = self._asked
        liars = sorted(luck.sample(range(asked.validators), asked.byzantine))
        density, splits = luck.choice((0.1, 0.3, 0.6)), luck.choice((0.0, 0.1, 0.3))
        steps: list[Step] = []
        for epoch in range(1, asked.depth + 1):
            steps += [Step(epoch, who, what) for who in liars for what in WAYS if luck.random() < density / 2]
            if luck.random() < splits:
                one = sorted(luck.sample(range(asked.validators), luck.randrange(1, asked.validators)))
                other = [index for index in range(asked.validators) if index not in one]
                sides = ("+".join(map(str, side)) for side in (one, other))
                steps.append(Step(epoch, -1, luck.choice("|>").join(sides)))
        return tuple(steps)

    def _shortened(self, schedule: Schedule) -> Answer:
        """Remove epochs, then steps, while the goal is still reached; in the result every step is necessary.

        A search that is stopped returns the shortest schedule so far.
        """
        depth = self._asked.depth
        epochs = next((few for few in range(1, depth + 1) if self._still_shows(_until(schedule, few), few)), depth)
        schedule = _until(schedule, epochs)
        size = max(1, len(schedule) // 2)
        while True:
            place = 0
            while place < len(schedule):
                fewer = schedule[:place] + schedule[place + size :]
                if self._still_shows(fewer, epochs):
                    schedule = fewer
                else:
                    place += size
            if size == 1 and not any(
                self._still_shows(_without(schedule, one), epochs) for one in range(len(schedule))
            ):
                return Answer(self._asked, self.tried, schedule, epochs, not self._is_stopped)
            size = max(1, size // 2)

    def _still_shows(self, schedule: Schedule, epochs: int) -> bool:
        return not self._is_stopped and self.shows(schedule, epochs)

    def _reaches(self, schedule: Schedule, epochs: int) -> bool:
        """Whether the committee, run alone, reaches the goal with this schedule."""
        journal = Journal()
        count, delta = self._rules.validators, self._rules.epoch_ns
        conditions = Conditions(
            byzantine=parse_behaviours(",".join(step.typed for step in schedule if step.who >= 0), count),
            partitions=parse_partitions(",".join(step.typed for step in schedule if step.who < 0), count),
        )
        randomness, clock = Randomness(self._asked.seed), Clock()
        records = TradeRecords(self._register)
        network = Network(self._rules, randomness, conditions)
        pools = [TradePool(records) for _ in range(count)]
        committee = Committee(
            self._rules, randomness, network, clock, journal.record, pools, lambda who, blocks: None,
            scheme=self._scheme,
        )  # fmt: skip
        journal.record(CommitteeSeated(0, count, self._rules.faults, self._rules.quorum, "", "", _byzantine(schedule)))
        for time, news in self._news:
            clock.plan(time, committee.publish, news)
        committee.start(delta, epochs)
        clock.run(until=(epochs + 1) * delta)
        return reached(self._asked.goal, journal, self._asked.stall)


def reached(goal: str, journal: Journal, stalled: int = STALLED) -> bool:
    """Whether a run reaches the goal in the view of the honest validators."""
    seated = next(journal.of(CommitteeSeated))
    final: dict[int, str] = {}
    epochs = [1]
    for event in journal:
        if isinstance(event, BlockFinalized | SafetyViolated) and event.validator not in seated.byzantine:
            if isinstance(event, SafetyViolated) or final.setdefault(event.height, event.block) != event.block:
                return goal == "fork"
            epochs.append(event.epoch)
    last = max((event.epoch for event in journal if hasattr(event, "epoch")), default=1)
    waits = (after - before for before, after in zip(epochs, [*epochs[1:], last], strict=True))
    return goal == "stall" and max(waits) >= stalled


def _byzantine(schedule: Schedule) -> tuple[int, ...]:
    return tuple(sorted({step.who for step in schedule if step.who >= 0}))


def _until(schedule: Schedule, epochs: int) -> Schedule:
    return tuple(step for step in schedule if step.epoch <= epochs)


def _without(schedule: Sequence[Step], place: int) -> Schedule:
    return (*schedule[:place], *schedule[place + 1 :])
