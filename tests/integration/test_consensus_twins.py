"""Twins: one identity runs twice with unchanged code, and the network chooses who hears whom in each round.

That yields equivocation, double votes and forgotten votes without a line of byzantine code (Bano et al., OPODIS 2021).
With four validators of which one has a twin there are five machines, hence 16 ways to split them in two.

All schedules of 4 rounds are 16^4 = 65,536, for each of two orders of the leaders. Two schedules in which the twins
have changed places differ in the order of delivery alone, so one of each such pair is played, 34,816 in each order. CI
plays all of one order, chosen by the commit; schedules that begin alike continue from copies of the same state. An
ordinary run plays a few hundred. TWINS=all plays both orders.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from random import Random

import pytest

from market_sim.core.consensus.blocks import Message, Rules
from market_sim.core.consensus.monitors import Monitors
from tests.integration.consensus_schedules import IN_CI, parts, turn
from tests.unit.core.consensus.table import Seats, final_epochs, numbers_in

SIDES = range(16)
ROUNDS = 4
IN_A_PART = 125


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
            self.play_round(epoch, side)
        self.exchange(0)

    def play_round(self, epoch: int, side: int) -> None:
        for place, machine in enumerate(self.machines):
            self.monitors.epoch_started(place, epoch)
            self.take(place, machine.on_epoch(epoch))
        self.exchange(side)

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


def different(sides: tuple[int, ...]) -> Iterator[int]:
    """The sides of the next round, without those that only change the places of the twins: they have one key and code.

    The place of the first twin is bit 3. The first round that parts it from the other one decides who is who.
    """
    parted = any(side & 8 for side in sides)
    return (side for side in SIDES if parted or not side & 8 or not side & 4)


def finality_after(twins: Twins, sides: tuple[int, ...]) -> Iterator[bool]:
    """For each schedule of all rounds that begins with these sides: whether it finalizes something; none may fork."""
    if len(sides) == ROUNDS:
        twins.exchange(0)
        yield bool(agree(twins))
        return
    state = pickle.dumps(twins, pickle.HIGHEST_PROTOCOL)
    for side in different(sides):
        branch = pickle.loads(state)
        branch.play_round(len(sides) + 1, side)
        yield from finality_after(branch, (*sides, side))


def begun_with(order: str, *sides: int) -> list[bool]:
    """Whether the schedules of this order that begin with these sides finalize something."""
    twins = Twins(ORDERS[order])
    for epoch, side in enumerate(sides, 1):
        twins.play_round(epoch, side)
    return [*finality_after(twins, sides)]


EVERY = os.environ.get("TWINS") == "all"
TURN = turn()
PLAYED = [*ORDERS] if EVERY else [[*ORDERS][TURN % 2]]


@pytest.mark.parametrize("order", PLAYED)
@pytest.mark.parametrize("first", [*different(())] if IN_CI or EVERY else [0])
def test_twins_never_split_the_committee_in_any_schedule_of_4_rounds(first: int, order: str, record_property) -> None:
    """All schedules that begin with these sides; an ordinary run plays those with two of the second sides."""
    if IN_CI or EVERY:
        final = begun_with(order, first)
    else:
        final = [*begun_with(order, first, 0), *begun_with(order, first, TURN % 12)]
    if not first:  # who is left out of the first round may leave no three epochs in a row
        assert sum(final) > len(final) // 20
    record_property("schedules", (f"twins, 4 rounds, {order}", len(final)))


def test_the_schedules_of_4_rounds_stand_for_all_65_536() -> None:
    """Each for itself and for its mirror, in which the twins have changed places; a few are their own mirror."""
    played: list[tuple[int, ...]] = [()]
    for _ in range(ROUNDS):
        played = [(*sides, side) for sides in played for side in different(sides)]
    mirrors = {tuple(side ^ 7 if side & 8 else side for side in sides) for sides in played}
    assert len(played) == len(mirrors) == 34_816
    assert len(mirrors.union(played)) == 65_536


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
