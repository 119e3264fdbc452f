"""Seeded schedules for a committee: liars, bad weather, splits and crashes, and a census of what they contained.

Signatures are name tags unless a test asks for real ones: the structure without the cost. What a part of a campaign
contained is recorded for the end of the run, where all parts of one generator are added up.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise, product
from random import Random

from market_sim.core.consensus.behaviours import BEHAVIOURS, DOUBLE_SIGN, GREEDY
from market_sim.core.consensus.committee import Committee
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.consensus_events import BlockNotarized, BlockProposed
from market_sim.simulation.engine.clock import SECOND
from tests.conftest import ROOT
from tests.unit.core.consensus.table import NameTags, Run, final_epochs, run_committee

IN_CI = "CI" in os.environ or os.environ.get("HYPOTHESIS_PROFILE") == "ci"
EPOCHS = 14
IN_CONSENSUS = [name for name in BEHAVIOURS if name not in (DOUBLE_SIGN, GREEDY)]
"""Those that consensus can see or that its blocks can tell, without a settlement and without calls of contracts."""
FAULTS = ("loss", "duplicate", "reorder", "partition", "one-way partition")


def parts(in_ci: int, ordinarily: int) -> range:
    """The parts of a campaign: all of them in CI, a few in an ordinary run, as many as CONSENSUS_PARTS otherwise."""
    return range(int(os.environ.get("CONSENSUS_PARTS", in_ci if IN_CI else ordinarily)))


def turn() -> int:
    """A number of this commit, for what takes turns."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout[:8] or "0", 16)


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
        for name in luck.sample(IN_CONSENSUS, luck.choice((1, 1, 2, 3)))
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
    validators = int(os.environ.get("CONSENSUS_VALIDATORS", luck.choice((4, 4, 5, 7))))
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


# ---- a campaign: schedules in parts of equal mixture ----------------------------------------------------------------

STORMY_EPOCHS = 12
SIZES = (*(4, 4, 4, 4, 5, 4, 4, 4, 5, 4), *(4, 4, 4, 4, 5, 4, 4, 4, 5, 7))
"""Most committees have the smallest size: one of seven needs six times as many messages to say the same."""
WAYS = [name for name in IN_CONSENSUS if name not in ("flood", "double-vote")]
EACH_FLOOD = EACH_SECOND_VOTE = 50
EACH_LARGE = 200
"""A flood is hundreds of messages in each epoch, a second vote needs two liars, and sixteen validators are many."""


def stormy(number: int) -> Run:
    """One schedule of the campaign: by its number it has a size, a way to lie and a fault of the network at least."""
    luck = Random(f"stormy/{number}")
    way, fault = WAYS[number % len(WAYS)], FAULTS[number % 6 - 1] if number % 6 else ""
    validators = SIZES[number % len(SIZES)]
    if number % EACH_FLOOD == 1:
        way, validators = "flood", 4
    elif number % EACH_SECOND_VOTE == 2:
        way, validators = "double-vote", 7
    elif number % EACH_LARGE == 3:
        validators = 16
    liars = luck.sample(range(validators), (validators - 1) // 3 if validators < 16 else 2)
    chosen = [f"n{liars[0]}:{way}{'@3-4' if way == 'flood' else epochs_of(luck, way)}"]
    for liar in liars[1:]:
        chosen.append(f"n{liar}:equivocate" if way == "double-vote" else f"n{liar}:{luck.choice(WAYS)}")
    if luck.random() < 0.4:
        chosen.append(f"n{liars[0]}:{luck.choice(WAYS)}@{luck.randrange(4, STORMY_EPOCHS)}")
    weather = weather_of(luck)
    if fault in FAULTS[:3]:
        weather[f"{fault}_percent"] = luck.randrange(10, 50)
    partitions = ""
    if "partition" in fault:
        sides = luck.sample(range(validators), validators)
        cut, first = luck.randrange(1, validators), luck.randrange(1, 7)
        one, other = ("+".join(map(str, side)) for side in (sides[:cut], sides[cut:]))
        partitions = f"{first}-{first + luck.randrange(4)}:{one}{'>' if 'one' in fault else '|'}{other}"
    return run_committee(
        validators,
        STORMY_EPOCHS,
        number,
        byzantine=",".join(chosen),
        partitions=partitions,
        news_every=300_000_000 if way == "misexecute" else luck.choice((0, 0, 300_000_000)),
        before=(lambda committee: crash_now_and_then(committee, luck)) if luck.random() < 0.25 else None,
        scheme=NameTags(validators),
        **weather,
    )


def census_of(play: Callable[[int], Run], numbers: range) -> Census:
    """What these schedules contained; a monitor that hits raises with the number of its schedule."""
    total = Census()
    for number in numbers:
        total.add(counted((play, number)))
    return total
