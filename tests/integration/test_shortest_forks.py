"""The shortest forks of four validators with two liars, by pair: how many epochs they need, and that they happen.

How few epochs suffice is found by trying all pairs of chains on paper, from the rules alone; that so many are enough is
shown on real validators. Leaders take turns, and the liars choose who hears what, as before the network is stable.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import pytest

from market_sim.core.consensus.blocks import Block, Proposal
from tests.unit.core.consensus.table import Seats, final_epochs

SHORTEST = {(1, 2): 2, (2, 3): 3, (0, 2): 4, (0, 3): 4, (0, 1): 5, (1, 3): 5}


class Fork(NamedTuple):
    """The epochs of the blocks that both honest validators have in common, and those that only one of them sees."""

    common: tuple[int, ...]
    mine: tuple[int, ...]
    yours: tuple[int, ...]


def chains(epochs: range) -> Iterator[tuple[int, ...]]:
    for length in range(len(epochs) + 1):
        yield from combinations(epochs, length)


def final_length(chain: tuple[int, ...]) -> int:
    """R8 on paper: of three consecutive epochs the middle block and all before it are final; genesis has epoch 0."""
    whole = (0, *chain)
    middle = (place for place in range(1, len(chain)) if whole[place - 1] + 1 == whole[place] == whole[place + 1] - 1)
    return max(middle, default=0)


def forks(liars: tuple[int, int], epochs: int) -> Iterator[Fork]:
    """All pairs of chains with two different final blocks at one height, in which each block can have three votes.

    The block of an honest leader is one block: whoever has it has all that is below it. So after they part, neither
    chain has a block of the other honest validator. A liar that leads makes a block for each of them.
    """
    mine_led, yours_led = (
        {epoch for epoch in range(1, epochs + 1) if epoch % 4 == index} for index in range(4) if index not in liars
    )
    for common in chains(range(1, epochs + 1)):
        part = common[-1] if common else 0
        rest = range(part + 1, epochs + 1)
        for mine in chains(rest):
            if yours_led.intersection(mine) or final_length(common + mine) <= len(common):
                continue
            for yours in chains(rest):
                if not mine_led.intersection(yours) and final_length(common + yours) > len(common):
                    yield Fork(common, mine, yours)


@pytest.mark.parametrize("liars", [*SHORTEST])
def test_no_two_liars_fork_in_fewer_epochs(liars: tuple[int, int]) -> None:
    assert next(forks(liars, SHORTEST[liars] - 1), None) is None
    assert next(forks(liars, SHORTEST[liars]), None) is not None


class Played:
    """The two honest validators, and what the liars show to each of them."""

    def __init__(self, liars: tuple[int, int], fork: Fork) -> None:
        self.seats, self.liars = Seats(), liars
        self.honest = tuple(index for index in range(4) if index not in liars)
        self.seen: dict[int, tuple[int, ...]] = dict(zip(self.honest, (fork.mine, fork.yours), strict=True))
        self.common = fork.common
        self.tip: dict[int, Block | None] = dict.fromkeys(self.honest)

    def play(self, epoch: int) -> None:
        leader = self.seats.rules.leader(epoch)
        sent = {index: self.seats[index].on_epoch(epoch).send for index in self.honest}
        for index in self.honest:
            if epoch not in (*self.common, *self.seen[index]):
                continue
            if leader in self.honest:
                [proposal] = [one for one in sent[leader] if isinstance(one, Proposal)]
            else:
                number = 10 * epoch + (0 if epoch in self.common else index + 1)
                for one in self.honest:
                    self.seats.payloads[one].learn([number])
                payload = b"%d" % number
                proposal = self.seats.proposal(self.seats.block(epoch, self.tip[index], payload), payload)
            self.show(index, proposal)

    def show(self, index: int, proposal: Proposal) -> None:
        """One validator gets a block and the signatures of both liars, and those of the other where it signed it."""
        self.seats[index].on_message(proposal)
        for liar in self.liars:
            self.seats[index].on_message(self.seats.vote(liar, proposal.block))
        self.tip[index] = proposal.block


@pytest.mark.parametrize("liars", [*SHORTEST])
def test_so_many_epochs_are_enough_for_validators_to_finalize_two_chains(liars: tuple[int, int]) -> None:
    shown = None
    for fork in forks(liars, SHORTEST[liars]):
        played = Played(liars, fork)
        for epoch in range(1, SHORTEST[liars] + 1):
            played.play(epoch)
        one, other = (played.seats[index].finalized.blocks[1:] for index in played.honest)
        if any(mine.hash != yours.hash for mine, yours in zip(one, other, strict=False)):
            shown = fork, [final_epochs(played.seats[index]) for index in played.honest]
            break
    assert shown is not None, liars
