"""How long a committee waits for its next final block, and which rules that depends on.

The bounds for leaders in turn are this product's own: the paper's theorem needs five honest leaders in a row, which
n = 3f + 1 in turn with f liars need not have; test_consensus_campaign.py looks at such windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import pytest

from market_sim.core.consensus.blocks import Message, Proposal, Rules, Vote
from market_sim.core.consensus.byzantine import Envelope
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.streamlet import Validator
from market_sim.simulation.engine.clock import SECOND
from tests.integration.colluding_liars import (
    DELTA,
    MILLISECOND,
    SIZES,
    WAYS_TO_SPEAK,
    Schedule,
    Waits,
    longest_begin,
    longest_later,
)
from tests.integration.consensus_schedules import IN_CI, turn
from tests.integration.scripted_liars import Script, Scripted, attacked
from tests.unit.core.consensus.table import NameTags, Seats, final_epochs, run_committee


def now_and_then(luck: Random, name: str, epochs: int) -> str:
    """One liar that lies in some epochs and not in others."""
    liar = luck.randrange(4)
    return ",".join(f"n{liar}:{name}@{epoch}" for epoch in range(1, epochs + 1) if luck.random() < 0.6)


@pytest.mark.parametrize(("name", "longest"), [("silent", 4), ("withhold", 1)])
def test_in_a_lock_step_network_nobody_waits_more_than_4_epochs(name, longest):
    waits = []
    for seed in range(20 if IN_CI else 10):
        byzantine = now_and_then(Random(f"{name}/{seed}"), name, 40)
        run = run_committee(4, 40, seed, byzantine, scheme=NameTags(4), paranoid=False)
        waits.append(run.longest_wait())
    assert max(waits) == longest  # the echo makes up for a liar that sends to a few only
    always = run_committee(4, 40, 1, f"n2:{name}", scheme=NameTags(4), paranoid=False)
    assert always.longest_wait() <= 4


@pytest.mark.parametrize("name", ["silent", "withhold", "late", "equivocate"])
def test_under_any_delays_up_to_delta_nobody_waits_more_than_6_epochs(name):
    waits = []
    for seed in range(15 if IN_CI else 9):
        byzantine = now_and_then(Random(f"{name}/{seed}"), name, 40)
        weather = {"fastest_ns": 1_000_000, "slowest_ns": DELTA, "reorder_percent": 20}
        run = run_committee(4, 40, seed, byzantine, scheme=NameTags(4), paranoid=False, **weather)
        waits.append(run.longest_wait())
    assert max(waits) <= 6
    assert max(waits) >= 2


# ---- liars that act together (C8) -----------------------------------------------------------------------------------


def late_in(epochs: Sequence[int]) -> Script:
    """A leader among the liars is silent, or in these epochs shows its block to all just before the epoch ends."""

    def script(liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
        if heard is not None or not liar.leads(epoch) or epoch not in epochs:
            return []
        return [Envelope(liar.proposal(liar.block(epoch)), None, SECOND - 30 * MILLISECOND)]

    return script


@pytest.mark.parametrize("validators", SIZES)
def test_silent_liars_cost_a_rotation_and_late_blocks_the_bound_of_c8(validators: int) -> None:
    """Liars at every third place leave only three honest leaders in a row, and each late block spoils the next epoch.

    The first late block finalizes what is before it. The others follow a spoilt epoch, so that nothing is final, until
    the liars that follow two good epochs have to be silent for a rotation.
    """
    liars = range(0, validators - 1, 3)
    epochs = [validators + liar for liar in liars]
    weather = {"fastest_ns": 20 * MILLISECOND, "slowest_ns": 20 * MILLISECOND}
    waits = [attacked(validators, 4 * validators, late_in(late), liars, **weather).waits()[1] for late in ([], epochs)]
    assert waits == [validators, longest_later(validators)]


KEPT = {4: (155,), 7: (165,), 10: (43,)}
"""Schedules of the large campaign that came nearest to a bound."""


OF_THE_CAMPAIGN = {4: 2_400, 7: 1_400, 10: 700}
"""The schedules of the large campaign. CI plays others of them at each commit."""


@pytest.mark.parametrize(("validators", "ordinarily", "in_ci"), [(4, 10, 240), (7, 4, 80), (10, 4, 60)])
def test_whatever_colluding_liars_say_finality_goes_on(validators: int, ordinarily: int, in_ci: int) -> None:
    waits, whole = Waits(), OF_THE_CAMPAIGN[validators]
    first = turn() * in_ci if IN_CI else 0
    mine = {(first + number) % whole for number in range(in_ci if IN_CI else ordinarily)}
    for number in sorted({*mine, *KEPT[validators]}):
        begin, later = waits.count(Schedule(validators, number))
        assert begin <= longest_begin(validators), f"schedule {number}: first after {begin} epochs"
        assert later <= longest_later(validators), f"schedule {number}: {later} epochs in between"
    assert waits.kinds["SafetyViolated"] == 0
    assert [way for way in WAYS_TO_SPEAK if not waits.said[way]] == []
    assert waits.kinds["FloodDropped"], "the bounds against floods were never met"
    assert waits.kinds["EquivocationSeen"] > 0
    assert max(waits.liars) == (validators - 1) // 3
    assert max(waits.later) >= validators, "nobody ever waited, so that nothing was tried"


# ---- what the echo is for (R9) --------------------------------------------------------------------------------------


class WithoutEcho(Committee):
    """A committee that breaks R9: nobody passes on what others signed, and nobody asks for what is missing."""

    def _ask(self, index, requests):
        pass

    def _send(self, index, messages):
        own = [one for one in messages if (one.voter if isinstance(one, Vote) else one.proposer) == index]
        super()._send(index, own)


@pytest.mark.parametrize(("validators", "liars"), [(4, "n2:withhold"), (7, "n2:withhold,n5:withhold")], ids=[4, 7])
def test_without_echo_a_liar_that_sends_to_a_few_stalls_the_others(validators, liars):
    with_echo, without = (
        run_committee(validators, 60, 3, liars, scheme=NameTags(validators), paranoid=False, kind=kind)
        for kind in (Committee, WithoutEcho)
    )
    assert with_echo.longest_wait() <= 4
    assert with_echo.kinds()["BlockRequested"] <= 3  # with the echo there is hardly anything to ask for
    assert without.longest_wait() > 6
    assert without.kinds()["SafetyViolated"] == 0


# ---- what waiting is for (R6) ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OneByzantineLeader(Rules):
    """Validator 3 leads epoch 1 only; 0, 1 and 2 lead in turn from epoch 2 on."""

    def leader(self, epoch: int) -> int:
        return 3 if epoch == 1 else (epoch - 2) % 3


class Favouring(Validator):
    """A validator whose choice among longest chains is made by the schedule, as R5 allows."""

    favourite: bytes = b""

    def choose_parent(self, tips):
        return next((tip for tip in tips if tip.hash == self.favourite), super().choose_parent(tips))


class JudgingOnce(Favouring):
    """A validator that breaks R6: it judges a proposal on arrival, and drops it when something is missing."""

    def _judge_again(self):
        super()._judge_again()
        self._waits_for = None


class Stalling:
    """The schedule of the specification: every delay is at most Delta, and one vote per block is held back.

    `hidden` is the block that two honest validators and the liar signed, and whose third signature nobody has seen.
    To *show* it means that the leader alone gets that signature just before its epoch starts.
    """

    def __init__(self, kind: type[Validator]) -> None:
        self.seats = Seats(4, OneByzantineLeader(), kind)
        self.held: list[tuple[int, object]] = []
        self.hidden = self.seats.block(1)

    def take(self, index, step):
        self.held.extend((other, message) for message in step.send for other in range(3) if other != index)
        return step

    def deliver(self, index, message):
        self.held = [one for one in self.held if one != (index, message)]
        return self.take(index, self.seats[index].on_message(message))

    def deliver_all_that_is_held(self):
        while self.held:
            index, message = self.held.pop(0)
            self.take(index, self.seats[index].on_message(message))

    def start(self, epoch, favourite):
        for index in range(3):
            self.seats[index].favourite = favourite
        steps = [self.take(index, self.seats[index].on_epoch(epoch)) for index in range(3)]
        return next(message for step in steps for message in step.send if isinstance(message, Proposal))

    def play(self, epochs: int) -> None:
        first = self.seats.proposal(self.hidden)
        for index in range(3):
            self.take(index, self.seats[index].on_epoch(1))
        [_, vote] = self.deliver(1, first).send
        self.deliver(2, first)
        self.deliver(2, vote)
        self.held, late = [], self.held
        proposal = self.start(2, b"")  # validator 0 leads and has seen nothing of block 1
        self.deliver(1, proposal)
        self.deliver(2, proposal)  # it has seen block 1 notarized and refuses
        self.held += late
        self.deliver_all_that_is_held()
        self.hidden = proposal.block
        for epoch in range(3, epochs + 1):
            if epoch == 4 or (epoch > 4 and epoch % 3 == 1):
                self.start(epoch, b"")
            else:
                self.show(epoch)
            self.deliver_all_that_is_held()

    def show(self, epoch):
        leader = self.seats.rules.leader(epoch)
        voter, dropper = (leader + 1) % 3, (leader + 2) % 3
        withheld = self.seats.vote(3, self.hidden)
        self.deliver(leader, withheld)
        proposal = self.start(epoch, self.hidden.hash)
        self.deliver(dropper, proposal)
        self.deliver(voter, withheld)
        self.deliver(voter, proposal)
        self.hidden = proposal.block


def test_judging_a_proposal_once_can_stall_the_committee_for_ever_and_waiting_cannot():
    once, waiting = Stalling(JudgingOnce), Stalling(Favouring)
    once.play(300)
    waiting.play(300)
    assert [len(final_epochs(once.seats[index])) for index in range(3)] == [0, 0, 0]
    assert once.seats[0].view.longest > 150  # blocks are notarized all the time, and none is ever final
    assert [len(final_epochs(waiting.seats[index])) for index in range(3)] == [298, 298, 298]
