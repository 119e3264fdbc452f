"""Liars that act together and say any well-formed thing to anybody: one schedule for each number.

A schedule has a set of up to f liars, habits of theirs, delays, and in some a time before the network is stable. The
liars sign with each other's keys and know all that any of them has received or hidden.

`python -m tests.integration.colluding_liars 2400 1400 700` plays so many schedules of 4, 7 and 10 validators and prints
what they contained.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from market_sim.core.consensus.blocks import Block, Message, Proposal, Rules, Vote, make_block
from market_sim.core.consensus.byzantine import Envelope
from tests.integration.scripted_liars import Scripted, attacked, junk
from tests.unit.core.consensus.table import Run

EPOCHS = 40
MILLISECOND = 1_000_000
DELTA = Rules().delta_ns
SIZES = (4, 7, 10)
WAYS_TO_SPEAK = ("a block on any block", "a vote for any block", "all their votes for one block", "votes for nothing",
                 "many blocks", "what another signed")  # fmt: skip


def longest_later(validators: int) -> int:
    """C8: the most epochs between two final blocks, under any delays."""
    return 2 * (validators - 1)


def longest_begin(validators: int, after_a_storm: bool = True) -> int:
    """C8: the most epochs until the first final block, counted from the first whole stable epoch."""
    return longest_later(validators) + (3 if after_a_storm else 1)


@dataclass
class Plan:
    """The plan of one schedule; every liar's script is this one, so that each speaks for all."""

    luck: Random
    validators: int
    members: list[Scripted] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        luck = self.luck
        self.obedience = luck.choice((0.0, 0.0, 0.3, 0.8, 0.95))  # how often they follow the protocol
        self.favours = luck.random() < 0.5  # whether what they do send in order goes to some of the others only
        self.talk = luck.choice((0.3, 1, 2)) / self.validators**2  # how often a message makes them speak
        self.at_the_turn = luck.choice((0.1, 0.5, 0.9))  # how often they speak so that an epoch ends meanwhile
        self.lying = luck.choice((0.5, 0.8, 1.0))  # in how many epochs they lie at all
        self.floods = luck.random() < 0.2
        self.late_blocks = luck.choice((0.0, 0.0, 0.5, 0.8))  # how often a block of theirs reaches all just in time
        self.lies_now = True

    def __call__(self, liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
        luck = self.luck
        if liar not in self.members:
            self.members.append(liar)
        if heard is None:
            self.lies_now = luck.random() < self.lying
        envelopes = list(self._in_order(liar))
        if self.lies_now and (heard is None or luck.random() < self.talk):
            for _ in range(luck.choice((0, 1, 1, 2, 3))):
                envelopes += self._something(luck.choice(self.members), epoch)
        return envelopes

    def _in_order(self, liar: Scripted) -> Iterator[Envelope]:
        """What the protocol sends, if they follow it now: perhaps to some only, perhaps late, to the others never."""
        luck = self.luck
        for message in liar.honest_step.send:
            its_own = isinstance(message, Proposal) and message.proposer == liar.index
            if its_own and luck.random() < self.late_blocks:
                self.said["a late block"] += 1
                yield Envelope(message, None, self._until_the_turn(liar))
            elif luck.random() < (self.obedience if self.lies_now else 1.0):
                self.said["in order"] += 1
                partly = self.lies_now and self.favours
                yield Envelope(message, self._some_of(liar) if partly else None, self._delay(liar) if partly else 0)

    def _something(self, liar: Scripted, epoch: int) -> list[Envelope]:
        luck = self.luck
        view = luck.choice(self.members).validator.view
        ahead = epoch + luck.choice((0, 0, 0, 1, 2))
        kind = luck.choice(WAYS_TO_SPEAK)
        say = (self._block, self._vote, self._reveal, self._votes_for_nothing, self._many_blocks, self._pass_on)
        said = say[WAYS_TO_SPEAK.index(kind)](liar, ahead, list(view.blocks.values()), view.tips)
        self.said[kind] += bool(said)
        return said

    def _block(self, liar: Scripted, epoch: int, blocks: list[Block], tips: list[Block]) -> list[Envelope]:
        leaders = [one for one in self.members if one.leads(epoch)]
        parent = self.luck.choice((*tips, self.luck.choice(blocks), self.luck.choice(blocks[-4:])))
        if not leaders or parent.epoch >= epoch:
            return []
        payload = b"%d" % self.luck.randrange(3)
        proposal = leaders[0].proposal(make_block(parent.hash, epoch, payload), payload)
        return [self._to_some(liar, proposal)]

    def _vote(self, liar: Scripted, _: int, blocks: list[Block], tips: list[Block]) -> list[Envelope]:
        block = self.luck.choice((*tips, *blocks[-4:], self.luck.choice(blocks)))
        return [self._to_some(liar, liar.vote(block.epoch, block.hash))] if block.epoch else []

    def _reveal(self, liar: Scripted, _: int, blocks: list[Block], tips: list[Block]) -> list[Envelope]:
        """All of them sign a block for the same receivers: a hidden quorum appears there."""
        block = self.luck.choice((*tips, *blocks[-4:]))
        if not block.epoch:
            return []
        targets, delay = self._some_of(liar), self._delay(liar)
        return [Envelope(one.vote(block.epoch, block.hash), targets, delay) for one in self.members]

    def _votes_for_nothing(self, liar: Scripted, epoch: int, *_: object) -> list[Envelope]:
        names = [b"%032d" % self.luck.randrange(10**9) for _ in range(self._many())]
        targets, delay = self._some_of(liar), self._delay(liar)
        return [Envelope(liar.vote(epoch, name), targets, delay) for name in names]

    def _many_blocks(self, liar: Scripted, epoch: int, *_: object) -> list[Envelope]:
        leaders = [one for one in self.members if one.leads(epoch)]
        targets, delay = self._some_of(liar), self._delay(liar)
        return [Envelope(one, targets, delay) for one in (junk(leaders[0], epoch, self._many()) if leaders else ())]

    def _pass_on(self, liar: Scripted, *_: object) -> list[Envelope]:
        """A message of anybody's that one of them has heard, to some of the others."""
        heard = self.luck.choice(self.members).heard_of_late()
        return [self._to_some(liar, self.luck.choice(heard))] if heard else []

    def _many(self) -> int:
        return self.luck.choice((1, 1, 2, 2, 3, 70 if self.floods else 3))

    def _to_some(self, liar: Scripted, message: Proposal | Vote) -> Envelope:
        return Envelope(message, self._some_of(liar), self._delay(liar))

    def _some_of(self, liar: Scripted) -> tuple[int, ...]:
        others = liar._others
        return tuple(sorted(self.luck.sample(others, self.luck.randrange(1, len(others) + 1))))

    def _delay(self, liar: Scripted) -> int:
        """Until the start of the next epoch, or none, or some time."""
        if self.luck.random() < self.at_the_turn:
            return self._until_the_turn(liar)
        return self.luck.choice((0, 0, 0, 20, 300, 900)) * MILLISECOND

    def _until_the_turn(self, liar: Scripted) -> int:
        """So long that a message arrives around the start of the next epoch, shortly before it or after."""
        validator, network = liar.validator, liar._network
        rest = network.start_of(validator.epoch + 1) - validator.now
        early = self.luck.choice((1, 20, 30, 40, network.conditions.slowest_ns // MILLISECOND))
        return max(0, rest - early * MILLISECOND)


@dataclass(frozen=True)
class Schedule:
    """One schedule by its size and number: who lies, in which weather."""

    validators: int
    number: int

    def play(self) -> tuple[Run, Plan]:
        """The run of this schedule, and what the liars said in it."""
        luck = Random(f"colluding/{self.validators}/{self.number}")
        liars = self._liars(luck)
        weather = {}
        if luck.random() < 0.5:
            weather |= {"fastest_ns": MILLISECOND, "slowest_ns": DELTA, "reorder_percent": 20}
        if luck.random() < 0.4:
            weather["stable_from_epoch"] = luck.randrange(2, 7)
        plan = Plan(luck, self.validators)
        return attacked(self.validators, EPOCHS, plan, liars, self.number, **weather), plan

    def _liars(self, luck: Random) -> list[int]:
        """Up to f validators. Spread over the rotation they leave the fewest honest leaders in a row: three."""
        n = self.validators
        most = (n - 1) // 3
        if luck.random() < 0.5:
            first = luck.randrange(n)
            return sorted((first + 3 * number) % n for number in range(most))
        return sorted(luck.sample(range(n), luck.randrange(1, most + 1)))


@dataclass
class Waits:
    """What the schedules of one size showed: the longest waits, and what was said and dropped."""

    schedules: int = 0
    begin: Counter[int] = field(default_factory=Counter)
    later: Counter[int] = field(default_factory=Counter)
    liars: Counter[int] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    longest_begin: tuple[int, int] = (0, 0)
    longest_later: tuple[int, int] = (0, 0)

    def count(self, schedule: Schedule) -> tuple[int, int]:
        """Play a schedule, count it, and return how long it waited at the beginning and later."""
        run, plan = schedule.play()
        stable = run.committee.network.conditions.stable_from_epoch
        begin, later = run.waits(stable + 1 if stable > 1 else 1)
        if begin > self.longest_begin[0]:
            self.longest_begin = (begin, schedule.number)
        if later > self.longest_later[0]:
            self.longest_later = (later, schedule.number)
        self.schedules += 1
        self.begin[begin] += 1
        self.later[later] += 1
        self.liars[len(run.committee.byzantine)] += 1
        self.said.update(plan.said)
        self.kinds.update(run.kinds())
        return begin, later


def main() -> None:
    """Play so many schedules of each size, and print what they contained."""
    for validators, count in zip(SIZES, map(int, sys.argv[1:]), strict=False):
        waits, started = Waits(), time.process_time()
        for number in range(count):
            waits.count(Schedule(validators, number))
        print(f"n={validators}: {waits.schedules} schedules, {time.process_time() - started:.0f} CPU s")
        for name in ("begin", "later"):
            limit = (longest_begin if name == "begin" else longest_later)(validators)
            longest, number = getattr(waits, f"longest_{name}")
            counts = dict(sorted(getattr(waits, name).items()))
            print(f"  {name}: at most {longest} of {limit} epochs, first in schedule {number}; {counts}")
        kinds = ("SafetyViolated", "FloodDropped", "BlockRequested", "EquivocationSeen", "BlockFinalized")
        print(f"  liars: {dict(sorted(waits.liars.items()))}; said: {dict(sorted(waits.said.items()))}")
        print(f"  {', '.join(f'{waits.kinds[kind]} {kind}' for kind in kinds)}", flush=True)


if __name__ == "__main__":
    main()
