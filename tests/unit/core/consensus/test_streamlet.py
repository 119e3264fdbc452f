"""One validator and its memory: whose signatures count, what it refuses, and what it still knows after a crash."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.blocks import Proposal, Rules, Vote
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.durable import DurableRecord, Signed
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.models.consensus_events import ProposalJudged, VoteCast
from tests.unit.core.consensus.table import NameTag, NameTags, Numbers, Seats, run_committee

DELTA = Rules().delta_ns

in_committees_of_four_and_seven = pytest.mark.parametrize("validators", [4, 7])


def reasons(*steps):
    return [fact.reason for step in steps for fact in step.facts if hasattr(fact, "reason")]


# ---- whose signatures count -----------------------------------------------------------------------------------------


class AnyNonce(NameTag):
    """A signature scheme in which a signer has many valid signatures for one statement, as in Ed25519."""

    def is_valid(self, signer, epoch, block, signature):
        return super().is_valid(signer, epoch, block, signature[:-1])


@in_committees_of_four_and_seven
def test_two_signatures_of_one_validator_on_one_block_count_once(validators):
    seats = Seats(validators)
    verifier = AnyNonce(0, seats.signers[0]._prefix)
    watcher = Validator(0, seats.rules, seats.genesis, seats.signers[0], verifier, Numbers())
    watcher.on_epoch(1)
    block = seats.block(1)
    signature = seats.signers[1].sign(1, block.hash) + b"1"
    watcher.on_message(Proposal(seats.genesis.hash, block, b"", 1, signature))
    tag = seats.signers[1].sign(1, block.hash)
    votes = [Vote(seats.genesis.hash, 1, block.hash, 1, tag + nonce) for nonce in (b"2", b"3", b"4", b"5")]
    steps = [watcher.on_message(vote) for vote in votes]
    assert reasons(*steps) == ["DUPLICATE_VOTE"] * 4
    assert watcher.view.signers(block).keys() == {0, 1}
    assert block.hash not in watcher.view.height


@in_committees_of_four_and_seven
def test_the_vote_of_somebody_who_is_no_validator_counts_for_nothing(validators):
    seats = Seats(validators)
    seats[0].on_epoch(1)
    block = seats.block(1)
    seats[0].on_message(seats.proposal(block))
    steps = []
    for stranger in range(validators, validators + 5):
        tag = NameTag(stranger, seats.signers[0]._prefix).sign(1, block.hash)
        steps.append(seats[0].on_message(Vote(seats.genesis.hash, 1, block.hash, stranger, tag)))
    assert reasons(*steps) == ["UNKNOWN_VALIDATOR"] * 5
    assert block.hash not in seats[0].view.height


@in_committees_of_four_and_seven
def test_a_vote_with_a_strangers_signature_counts_for_nothing(validators):
    seats = Seats(validators)
    seats[0].on_epoch(1)
    block = seats.block(1)
    seats[0].on_message(seats.proposal(block))
    stranger = validators - 1
    tag = seats.signers[stranger].sign(1, block.hash)
    named = range(2, stranger)
    steps = [seats[0].on_message(Vote(seats.genesis.hash, 1, block.hash, voter, tag)) for voter in named]
    assert reasons(*steps) == ["BAD_SIGNATURE"] * len(named)
    assert block.hash not in seats[0].view.height


# ---- which blocks may be part of a chain ----------------------------------------------------------------------------


@pytest.mark.parametrize("parent_first", [True, False])
@in_committees_of_four_and_seven
def test_a_block_whose_epoch_is_not_after_its_parents_is_never_notarized(validators, parent_first):
    """R4, whoever signed it and in whatever order the two arrive."""
    seats = Seats(validators)
    *below, parent = seats.chain(1, 2, 3)
    backwards = seats.block(2, parent)
    seats[0].on_epoch(5)
    seats.notarize(0, *below)
    steps = seats.notarize(0, *((parent, backwards) if parent_first else (backwards, parent)))
    assert parent.hash in seats[0].view.height
    assert backwards.hash not in seats[0].view.height
    assert ("EPOCH_NOT_AFTER_PARENT" in reasons(*steps)) is parent_first


def test_a_late_proposal_is_kept_and_not_voted_for():
    seats = Seats()
    seats[0].on_epoch(2)
    step = seats[0].on_message(seats.proposal(seats.block(1)))
    assert reasons(step) == ["LATE_PROPOSAL"]
    assert [message for message in step.send if isinstance(message, Vote)] == []


@in_committees_of_four_and_seven
def test_the_first_proposal_of_an_epoch_is_pinned_even_while_it_waits(validators):
    """R6: the second one is set aside although it could be voted for at once."""
    seats = Seats(validators)
    seats[0].on_epoch(1)
    waiting = seats.block(1, payload=b"5")
    steps = [seats[0].on_message(seats.proposal(waiting, b"5")), seats[0].on_message(seats.proposal(seats.block(1)))]
    assert reasons(*steps) == ["PAYLOAD_UNKNOWN", "SECOND_PROPOSAL"]
    assert [fact for step in steps for fact in step.facts if isinstance(fact, VoteCast)] == []
    seats.payloads[0].learn([5])
    [vote] = [fact for fact in seats[0].on_payload_news().facts if isinstance(fact, VoteCast)]
    assert vote.block == waiting.hash.hex()


# ---- what a crash must not erase ------------------------------------------------------------------------------------


def restored(seats, *signed):
    """Validator 0 after a restart, with this on its disk."""
    disk = DurableRecord()
    disk.write(signed)
    return Validator.restored(disk, 0, seats.rules, seats.genesis, seats.signers[0], seats.signers[0], Numbers())


@in_committees_of_four_and_seven
def test_after_a_restart_a_validator_signs_nothing_in_an_epoch_in_which_it_signed(validators):
    seats = Seats(validators)
    voter = restored(seats, Signed(1, seats.block(1, payload=b"5").hash, 0))
    voter.on_epoch(1)
    step = voter.on_message(seats.proposal(seats.block(1)))
    assert reasons(step) == ["ALREADY_SIGNED"]
    leader = restored(seats, Signed(validators, seats.block(validators, payload=b"5").hash, 0))
    assert leader.on_epoch(validators).send == ()
    assert leader.on_epoch(2 * validators).send != ()


@in_committees_of_four_and_seven
def test_after_a_restart_a_validator_keeps_its_lock(validators):
    seats = Seats(validators)
    voter = restored(seats, Signed(3, seats.block(3).hash, 2))
    # It leads, and all it knows is genesis, which is shorter than its lock.
    assert voter.on_epoch(validators).send == ()
    voter.on_epoch(validators + 1)
    step = voter.on_message(seats.proposal(seats.block(validators + 1)))
    [judged] = [fact for fact in step.facts if isinstance(fact, ProposalJudged)]
    assert (judged.verdict, judged.reason) == ("refused", "PARENT_BELOW_LOCK")
    assert judged.numbers == {"parent_height": 0, "lock": 2}


class Careful(Committee):
    """A committee that looks at a validator's disk whenever a signature of it leaves."""

    left = 0

    def _send(self, index, messages):
        for message in messages:
            vote = isinstance(message, Vote)
            signer, epoch = (message.voter, message.epoch) if vote else (message.proposer, message.block.epoch)
            if signer == index:
                assert self.disks[index].signed_epoch >= epoch, "a signature left before the memory of it was written"
                self.left += 1
        super()._send(index, messages)


def test_a_signature_leaves_after_the_memory_of_it_is_on_the_disk():
    run = run_committee(epochs=6, kind=Careful, scheme=NameTags(4))
    assert run.committee.left == 6 * 4


class PowerCut(Exception):
    """A validator dies here."""


class DyingWhileVoting(Committee):
    """A committee in which validator 0 dies each time a new vote of its own has left; `signed` is what left."""

    signed: dict[int, set[bytes]]

    def _send(self, index, messages):
        super()._send(index, messages)
        for vote in messages:
            if (
                isinstance(vote, Vote)
                and vote.voter == index == 0
                and vote.block not in self.signed.get(vote.epoch, ())
            ):
                self.signed.setdefault(vote.epoch, set()).add(vote.block)
                raise PowerCut

    def _carry_out(self, index, step):
        try:
            super()._carry_out(index, step)
        except PowerCut:
            self.restart(index)


@in_committees_of_four_and_seven
def test_a_power_cut_while_a_vote_leaves_never_leads_to_another_vote(validators):
    epochs = 0
    for seed in range(10):
        kind = type("Dying", (DyingWhileVoting,), {"signed": {}})
        liars = ",".join(f"n{index}:equivocate" for index in range(1, validators))
        tags = NameTags(validators)
        run = run_committee(validators, 10, seed, liars, kind=kind, scheme=tags, anything=True, reorder_percent=50)
        epochs += len(run.committee.signed)
        assert [len(blocks) for blocks in run.committee.signed.values()] == [1] * len(run.committee.signed)
    assert epochs >= 15


# ---- at the border of two epochs ------------------------------------------------------------------------------------


@in_committees_of_four_and_seven
def test_what_arrives_at_the_start_of_an_epoch_is_read_before_it_starts(validators):
    """R1: with every delay exactly Delta the votes arrive at the border, and the next leader must have read them."""
    tags = NameTags(validators)
    run = run_committee(validators, 8, fastest_ns=DELTA, slowest_ns=DELTA, scheme=tags, paranoid=False)
    assert [validator.view.longest for validator in run.committee.validators] == [7] * validators
    assert run.status.finalized == 6
