"""Many seeded schedules with liars, bad weather and crashes: two finalized chains never disagree.

The monitors judge every step, so a schedule that breaks a rule raises even if its end looks right. A harness that
never makes the interesting case proves nothing: what the schedules contained is counted and demanded below.

An ordinary run plays 120 of them, CI 480; CONSENSUS_SCHEDULES=10000 asks for more. The seed of a schedule that fails
is in the error. Zero failures in N schedules bound the rate of failures by 3/N with 95 % confidence, for this generator
only.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, product
from random import Random

import pytest

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EquivocationSeen,
    SafetyViolated,
)
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from market_sim.simulation.engine.clock import SECOND
from tests.unit.core.consensus.table import NameTags, Run, Seats, final_epochs, numbers_in, run_committee

IN_CI = "CI" in os.environ or os.environ.get("HYPOTHESIS_PROFILE") == "ci"
SCHEDULES = int(os.environ.get("CONSENSUS_SCHEDULES", "480" if IN_CI else "120"))
FRIENDLY = 40
EPOCHS = 14


def weather_of(luck: Random) -> dict[str, int]:
    weather: dict[str, int] = {}
    for name in ("loss_percent", "duplicate_percent", "reorder_percent"):
        if luck.random() < 0.3:
            weather[name] = luck.randrange(10, 50)
    if luck.random() < 0.4:
        weather["stable_from_epoch"] = luck.randrange(2, 8)
    if luck.random() < 0.3:
        weather["slowest_ns"] = 500_000_000
    return weather


def partitions_of(luck: Random, validators: int) -> str:
    if luck.random() < 0.6:
        return ""
    members = luck.sample(range(validators), validators)
    cut = luck.randrange(1, validators)
    one, other = ("+".join(map(str, side)) for side in (members[:cut], members[cut:]))
    first = luck.randrange(1, 8)
    return f"{first}-{first + luck.randrange(4)}:{one}{luck.choice('|>')}{other}"


def liars_of(luck: Random, validators: int) -> str:
    liars = luck.sample(range(validators), (validators - 1) // 3)
    return ",".join(
        f"n{liar}:{name}{epochs_of(luck, name)}"
        for liar in liars
        for name in luck.sample(list(BEHAVIOURS), luck.choice((1, 1, 2, 3)))
    )


def epochs_of(luck: Random, name: str) -> str:
    first = luck.randrange(1, 6)
    if name == "flood":  # hundreds of messages in each epoch: two epochs of it say all
        return f"@{first}-{first + 1}"
    return f"@{first}-{luck.randrange(first, EPOCHS)}" if luck.random() < 0.3 else ""


def crash_now_and_then(committee: Committee, luck: Random) -> None:
    for _ in range(luck.choice((2, 2, 30))):
        moment = luck.randrange(2_000, (EPOCHS - 1) * 1_000) * 1_000_000
        committee._clock.plan(moment, committee.restart, luck.choice(committee.honest), 0)


def attacked(seed: int, **more: object) -> Run:
    luck = Random(seed)
    validators = luck.choice((4, 4, 5, 7))
    return run_committee(
        validators,
        EPOCHS,
        seed,
        byzantine=liars_of(luck, validators),
        partitions=partitions_of(luck, validators),
        news_every=luck.choice((0, 300_000_000)),
        anything=luck.random() < 0.3,
        before=(lambda committee: crash_now_and_then(committee, luck)) if luck.random() < 0.3 else None,
        scheme=NameTags(validators),
        **weather_of(luck),
        **more,
    )


def crash_in_every_epoch(committee: Committee) -> None:
    for epoch, index in product(range(2, EPOCHS), committee.honest):
        committee._clock.plan(epoch * SECOND + 20_000_000, committee.restart, index, 0)


def forgetful(seed: int) -> Run:
    """Everybody honest crashes in every epoch while the network is unstable: only the disks know who signed what."""
    return run_committee(
        4,
        EPOCHS,
        seed,
        byzantine="n3:usurp",
        stable_from_epoch=6,
        scheme=NameTags(4),
        anything=True,
        before=crash_in_every_epoch,
    )


@dataclass
class Census:
    """What a batch of schedules contained."""

    kinds: Counter[str] = field(default_factory=Counter)
    with_finality: int = 0
    forks_notarized: int = 0
    gaps_in_final_chains: int = 0
    late_notarizations: int = 0
    votes_before_blocks: int = 0
    most_final: int = 0

    def count(self, run: Run) -> None:
        self.kinds.update(run.kinds())
        self.with_finality += run.status.finalized > 0
        self.most_final = max(self.most_final, run.status.finalized)
        epoch_of = {event.block: event.epoch for event in run.journal.of(BlockProposed)}
        at_height: dict[int, set[str]] = {}
        for event in run.journal.of(BlockNotarized):
            at_height.setdefault(event.height, set()).add(event.block)
            self.late_notarizations += event.epoch > epoch_of.get(event.block, event.epoch)
        self.forks_notarized += any(len(blocks) > 1 for blocks in at_height.values())
        for index in run.committee.honest:
            epochs = [0, *final_epochs(run.committee.validators[index])]
            self.gaps_in_final_chains += any(after > before + 1 for before, after in pairwise(epochs))
        self.votes_before_blocks += run.votes_before_blocks

    def add(self, other: Census) -> None:
        """Count what another batch contained as well."""
        self.kinds.update(other.kinds)
        self.most_final = max(self.most_final, other.most_final)
        for name in ("with_finality", "forks_notarized", "gaps_in_final_chains", "late_notarizations",
                     "votes_before_blocks"):  # fmt: skip
            setattr(self, name, getattr(self, name) + getattr(other, name))


def counted(schedule: tuple[Callable[[int], Run], int]) -> Census:
    """What one schedule contained."""
    play, seed = schedule
    census = Census()
    try:
        census.count(play(seed))
    except InvariantBroken as broken:
        raise InvariantBroken(f"{play.__name__} schedule {seed}: {broken}") from broken
    return census


PLAYED = [*((attacked, seed) for seed in range(SCHEDULES)), *((forgetful, seed) for seed in range(30))]


@pytest.fixture(scope="module")
def census() -> Census:
    """All attacked schedules, run once; a monitor that hits raises here."""
    total = Census()
    for one in map(counted, PLAYED):
        total.add(one)
    print(f"{SCHEDULES} schedules: {total}")
    return total


def test_no_schedule_within_the_bound_breaks_an_invariant(census):
    assert census.kinds["MonitorHit"] == 0
    assert census.kinds["SafetyViolated"] == 0


def test_the_schedules_finalize_under_attack(census):
    assert census.with_finality >= 0.2 * SCHEDULES
    assert census.most_final >= EPOCHS - 3


def test_every_behaviour_fault_and_refusal_occurred(census):
    faults = ["loss", "duplicate", "reorder", "partition", "one-way partition"]
    reasons = [reason.code for reason in CONSENSUS_REASONS]
    missing = [name for name in (*BEHAVIOURS, *faults, *reasons) if not census.kinds[name]]
    assert missing == []


def test_the_interesting_cases_occurred(census):
    assert census.forks_notarized > 0
    assert census.gaps_in_final_chains > 0
    assert census.late_notarizations > 0
    assert census.votes_before_blocks > 0
    assert census.kinds["EquivocationSeen"] > 0


def test_friendly_schedules_nearly_always_finalize():
    runs = [run_committee(4 + seed % 4, 8, seed, scheme=NameTags(4 + seed % 4)) for seed in range(FRIENDLY)]
    assert sum(run.status.finalized == 7 and run.status.all_agree for run in runs) >= 0.95 * FRIENDLY


@pytest.mark.parametrize("seed", range(10))
def test_the_same_with_real_signatures_and_a_forger(seed):
    other = list(BEHAVIOURS)[seed % len(BEHAVIOURS)]
    run = run_committee(4, 10, seed, byzantine=f"n{seed % 4}:forge@1-5,n{seed % 4}:{other}@6-10", loss_percent=10)
    assert run.kinds()["BAD_SIGNATURE"] > 0
    assert run.status.all_agree


# ---- crashes at each persistence point ------------------------------------------------------------------------------


class Crashing(Committee):
    """A committee in which one validator crashes at its k-th durable step, before or after the disk is written."""

    victim = 0
    at = 10**9
    after_writing = False
    crashed = False

    def _carry_out(self, index, step):
        if index != self.victim or self.crashed or not step.persist:
            return super()._carry_out(index, step)
        self.at -= 1
        if self.at >= 0:
            return super()._carry_out(index, step)
        self.crashed = True
        if self.after_writing:
            super()._carry_out(index, type(step)((), step.persist, step.facts))
        return self.restart(index)


@pytest.mark.parametrize("after_writing", [False, True])
def test_a_crash_at_any_durable_step_breaks_no_promise(after_writing):
    restarts = 0
    for victim, at in product(range(3), range(0, 20, 3)):
        kind = type("CrashingHere", (Crashing,), {"victim": victim, "at": at, "after_writing": after_writing})
        run = run_committee(4, 12, at, byzantine="n3:equivocate", scheme=NameTags(4), kind=kind, news_every=400_000_000)
        restarts += run.committee.crashed
        assert run.status.finalized >= 5
        for index in range(3):
            heights = [block.height for told, block in run.told if told == index]
            assert heights == list(range(1, len(heights) + 1))
    assert restarts == 21


# ---- twins: one identity runs twice, with unchanged code ------------------------------------------------------------


class Twins:
    """Validators 0, 1, 2 and two machines with the key of validator 3; the network picks two sides per epoch."""

    def __init__(self) -> None:
        self.seats = Seats()
        twin = Seats().validators[3]
        self.machines = [*self.seats.validators, twin]
        self.held = [[] for _ in self.machines]
        tag = self.seats.signers[0]
        self.monitors = Monitors(
            4, "byzantine", self.seats.rules.leader, self.seats.genesis.hash, [0, 1, 2], tag.is_valid, numbers_in
        )

    def play(self, sides: list[int]) -> None:
        for epoch, side in enumerate(sides, 1):
            for place, machine in enumerate(self.machines):
                self.monitors.epoch_started(place, epoch)
                self.take(place, machine.on_epoch(epoch))
            self.exchange(side)
        self.exchange(0)

    def take(self, place, step) -> None:
        if place < 3:
            load = self.machines[place].bounds.load
            hits = self.monitors.stepped(place, step.facts, load, 0)
            assert not hits, hits
        for other in range(len(self.machines)):
            if other != place:
                self.held[other].extend((place, message) for message in step.send)

    def exchange(self, side: int) -> None:
        """Deliver until nothing moves; what would cross sides stays held back."""
        moved = True
        while moved:
            moved = False
            for place in range(len(self.machines)):
                due = [one for one in self.held[place] if (side >> one[0] & 1) == (side >> place & 1)]
                self.held[place] = [one for one in self.held[place] if one not in due]
                for _, message in due:
                    moved = True
                    if place < 3:
                        self.monitors.delivered(place, message)
                    self.take(place, self.machines[place].on_message(message))


def agree(twins: Twins) -> list[int]:
    """The longest finalized chain of the three honest ones, of which the others hold a part."""
    chains = sorted((final_epochs(machine) for machine in twins.machines[:3]), key=len)
    assert chains[0] == chains[2][: len(chains[0])]
    assert chains[1] == chains[2][: len(chains[1])]
    return chains[2]


def mirrored(sides: tuple[int, ...]) -> tuple[int, ...]:
    """The same schedule with the two twins in each other's place: they have one key and the same code."""
    return tuple(side ^ 7 if side & 8 else side for side in sides)


def finality_after(first: int) -> int:
    """How many of the schedules of 3 epochs that begin like this finalize something; none of them splits anybody."""
    final = 0
    for sides in product([first], range(16), range(16)):
        mirror = mirrored(sides)
        if mirror < sides and not IN_CI:
            continue
        twins = Twins()
        twins.play(list(sides))
        final += bool(agree(twins)) * (1 if mirror == sides or IN_CI else 2)
    return final


def test_twins_never_split_the_committee_in_all_schedules_of_3_epochs():
    """All 4,096 in CI; an ordinary run plays one of each mirrored pair, which differ only in the order of delivery."""
    assert sum(map(finality_after, range(16))) > 400


def test_twins_never_split_the_committee_in_longer_schedules():
    luck, final, convicted = Random(4), 0, 0
    for _ in range(150):
        twins = Twins()
        twins.play([luck.randrange(16) for _ in range(8)])
        final += len(agree(twins))
        convicted += any(len(machine.bounds._also_signed) for machine in twins.machines[:3])
    assert final > 150
    assert convicted > 20


# ---- canaries: what must be possible --------------------------------------------------------------------------------


def fork_with_two_liars() -> tuple[Seats, list]:
    """Validators 1 and 2 of four lie: epoch 1 and epoch 2 have two blocks each, one for 0 and one for 3."""
    seats = Seats()
    steps = []
    chains = {0: seats.chain(1, 2), 3: [seats.block(1, payload=b"5")]}
    chains[3].append(seats.block(2, chains[3][0]))
    for index, (one, two) in chains.items():
        seats.payloads[index].learn([5])
        payload = b"5" if index == 3 else b""
        seats[index].on_epoch(1)
        steps.append(seats[index].on_message(seats.proposal(one, payload)))
        steps.append(seats[index].on_message(seats.vote(2, one)))
        seats[index].on_epoch(2)
        steps.append(seats[index].on_message(seats.proposal(two)))
        steps.append(seats[index].on_message(seats.vote(1, two)))
    return seats, steps


def test_above_the_bound_two_validators_finalize_different_blocks_after_two_epochs():
    seats, _ = fork_with_two_liars()
    mine, yours = seats[0].finalized.blocks, seats[3].finalized.blocks
    assert (len(mine), len(yours)) == (2, 2)
    assert mine[1].epoch == yours[1].epoch == 1
    assert mine[1].hash != yours[1].hash


def test_a_validator_that_learns_of_the_fork_keeps_its_chain_and_holds_evidence():
    seats, _ = fork_with_two_liars()
    kept = seats[0].finalized.blocks[1]
    steps = [seats[0].on_message(message) for message in seats[3].peers.recall(above=0)]
    [violation] = [fact for step in steps for fact in step.facts if isinstance(fact, SafetyViolated)]
    assert violation.kept[1] == kept.hash.hex()
    assert violation.conflicting[1] == seats[3].finalized.blocks[1].hash.hex()
    assert seats[0].finalized.blocks[1] is kept
    culprits = {fact.culprit for step in steps for fact in step.facts if isinstance(fact, EquivocationSeen)}
    assert culprits == {1, 2}


def test_the_monitors_see_that_fork():
    seats, _ = fork_with_two_liars()
    tag = seats.signers[0]
    monitors = Monitors(4, "byzantine", seats.rules.leader, seats.genesis.hash, [0, 3], tag.is_valid)
    hits = []
    for index in (0, 3):
        fact = BlockFinalized(0, 2, index, seats[index].finalized.blocks[1].hash.hex(), 1, ("", "", ""))
        hits += monitors.stepped(index, (fact,), (0, 0), 0)
    assert "C1" in {hit.invariant for hit in hits}
