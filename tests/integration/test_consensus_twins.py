"""Twins: one identity runs twice with unchanged code, and the network chooses who hears whom in each round.

That yields equivocation, double votes and forgotten votes without a line of byzantine code (Bano et al., OPODIS 2021).
With four validators of which one has a twin there are five machines, hence 16 ways to split them in two.

All schedules of 4 rounds, for two orders of the leaders, are 16^4 * 2 = 131,072. Two schedules in which the twins have
changed places differ in the order of delivery alone, so one of each such pair is played. That leaves 69,632, of which
CI plays the quarter whose turn it is at this commit: all of them take more than three minutes of a processor, and all
tests of consensus together should not take more than that. TWINS=all plays every one.
"""

from __future__ import annotations

import os
import subprocess
from itertools import product
from random import Random

import pytest

from market_sim.core.consensus.blocks import Message, Rules
from market_sim.core.consensus.monitors import Monitors
from tests.conftest import ROOT
from tests.integration.consensus_schedules import IN_CI, parts
from tests.unit.core.consensus.table import Seats, final_epochs, numbers_in

SIDES = range(16)
ALL = os.environ.get("TWINS") == "all"
IN_A_PART = 125
PARTS_OF_THREE, PARTS_OF_FOUR = 8, 32


class LedByTheTwinFirst(Rules):
    """The other order of leaders: validator 3, which has a twin, leads epoch 1, and then 0, 1, 2."""

    def leader(self, epoch: int) -> int:
        return (epoch + 2) % self.validators


ORDERS = {"in turn": Rules, "the twin first": LedByTheTwinFirst}


class Twins:
    """Validators 0, 1, 2 and two machines with the key of validator 3; the network picks two sides per epoch."""

    def __init__(self, rules: type[Rules] = Rules) -> None:
        self.seats = Seats(4, rules())
        twin = Seats(4, rules()).validators[3]
        self.machines = [*self.seats.validators, twin]
        self.held: list[list[tuple[int, Message]]] = [[] for _ in self.machines]
        self.got: list[set[Message]] = [set() for _ in self.machines]
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
        for message in step.send:
            for other in range(len(self.machines)):
                # A second copy of a message changes nothing, so what a machine has got is not sent to it again.
                if other != place and message not in self.got[other]:
                    self.held[other].append((place, message))

    def exchange(self, side: int) -> None:
        """Deliver until nothing moves; what would cross sides stays held back."""
        moved = True
        while moved:
            moved = False
            for place in range(len(self.machines)):
                mine, waiting = side >> place & 1, self.held[place]
                self.held[place] = [one for one in waiting if (side >> one[0] & 1) != mine]
                for sender, message in waiting:
                    if (side >> sender & 1) == mine and message not in self.got[place]:
                        moved = True
                        self.got[place].add(message)
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


def finality_in(schedules: list[tuple[int, ...]], rules: type[Rules]) -> int:
    """How many of these schedules finalize something; none of them splits anybody."""
    final = 0
    for sides in schedules:
        twins = Twins(rules)
        twins.play(list(sides))
        final += bool(agree(twins))
    return final


def one_of_each_pair(rounds: int) -> list[tuple[int, ...]]:
    """All schedules of so many rounds, without those that another one is the mirror of."""
    return [sides for sides in product(SIDES, repeat=rounds) if mirrored(sides) >= sides]


def turn() -> int:
    """Whose turn it is at this commit."""
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(asked.stdout[:8] or "0", 16)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("part", range(PARTS_OF_THREE) if IN_CI else range(1))
def test_twins_never_split_the_committee_in_all_schedules_of_3_rounds(part: int, order: str, record_property) -> None:
    """4,096 schedules for each order of the leaders, of which an ordinary run plays each eighth."""
    mine = one_of_each_pair(3)[part::PARTS_OF_THREE]
    assert finality_in(mine, ORDERS[order]) > len(mine) // 10
    record_property("schedules", (f"twins, 3 rounds, {order}", len(mine)))


@pytest.mark.parametrize("part", range(PARTS_OF_FOUR) if IN_CI or ALL else range(1))
def test_twins_never_split_the_committee_in_schedules_of_4_rounds(part: int, record_property) -> None:
    """Each commit has its turn in a quarter of them: half of the schedules of one of the two orders."""
    number = turn()
    for place, (order, rules) in enumerate(ORDERS.items()):
        mine = one_of_each_pair(4)[part::PARTS_OF_FOUR]
        if not ALL:
            if place != number % 2:
                continue
            mine = mine[number // 2 % 2 :: 2] if IN_CI else mine[:60]
        assert finality_in(mine, rules) > len(mine) // 10
        record_property("schedules", (f"twins, 4 rounds, {order}", len(mine)))


@pytest.mark.parametrize("part", parts(in_ci=80, ordinarily=1))
def test_twins_never_split_the_committee_in_longer_schedules(part: int, record_property) -> None:
    luck, final, convicted = Random(f"twins/{part}"), 0, 0
    for number in range(IN_A_PART):
        twins = Twins(list(ORDERS.values())[number % 2])
        twins.play([luck.choice(SIDES) for _ in range(8 + number % 7)])
        final += bool(agree(twins))
        convicted += any(len(machine.bounds._also_signed) for machine in twins.machines[:3])
    assert final >= 0.2 * IN_A_PART
    assert convicted > IN_A_PART // 20
    record_property("schedules", ("twins, 8 to 14 rounds", IN_A_PART))
