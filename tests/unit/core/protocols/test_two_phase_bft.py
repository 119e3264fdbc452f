"""One voter of the two-phase BFT, message by message: quorum, lock, precommit, decision, and crashes."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.blocks import make_block
from market_sim.core.models.consensus_events import EquivocationSeen, MessageRefused
from market_sim.core.protocols.events import BallotCast, BlockLocked
from market_sim.core.protocols.two_phase_bft import NEVER, Ballot, Offer, Voter, VoterRecord, statement
from market_sim.simulation.engine.clock import SECOND
from tests.unit.core.protocols.bench import seat


class Stage:
    """Validator 0, and the other validators as puppets; round r begins at r seconds and is led by validator r mod n."""

    def __init__(self, validators: int = 4, record: VoterRecord | None = None) -> None:
        self.validators = validators
        self.record = record or VoterRecord()
        self.voter = Voter(seat(0, validators), self.record)
        self.seats = [seat(index, validators) for index in range(validators)]
        self.genesis = self.seats[0].genesis
        self.facts = []
        self.sent = []

    def take(self, reaction):
        self.facts += reaction.facts
        self.sent += [letter.message for letter in reaction.letters]
        return reaction

    def round(self, number: int, later_ns: int = 0) -> None:
        self.voter.now = number * SECOND
        self.take(self.voter.on_tick(number, 0))
        self.voter.now += later_ns

    def block(self, round_: int, parent=None, payload: bytes = b""):
        return make_block((parent or self.genesis).hash, round_, payload)

    def offer(self, round_: int, block, payload: bytes = b"", valid_round: int = NEVER, height: int = 1) -> None:
        leader = round_ % self.validators
        signed = statement("offer", height, valid_round, block.hash)
        signature = self.seats[leader].signer.sign(round_, signed)
        self.hear(Offer(self.genesis.hash, height, round_, block, payload, valid_round, leader, signature))

    def ballots(self, phase: str, round_: int, block, *voters: int, height: int = 1) -> None:
        for voter in voters:
            signature = self.seats[voter].signer.sign(round_, statement(phase, height, NEVER, block.hash))
            self.hear(Ballot(self.genesis.hash, phase, height, round_, block.hash, voter, signature))

    def hear(self, message) -> None:
        self.take(self.voter.on_message(message))

    def cast(self) -> list[tuple[int, str, str]]:
        """What validator 0 has signed: round, phase and block."""
        return [(fact.epoch, fact.phase, fact.block) for fact in self.facts if isinstance(fact, BallotCast)]


def locked_on_round_1() -> tuple[Stage, object]:
    """Validator 0 is locked on the block of round 1, which was not decided."""
    stage = Stage()
    block = stage.block(1)
    stage.round(1)
    stage.offer(1, block)
    stage.ballots("prevote", 1, block, 1, 2)
    assert stage.cast() == [(1, "prevote", block.hash.hex()), (1, "precommit", block.hash.hex())]
    return stage, block


def test_three_prevotes_of_four_lock_and_three_precommits_make_the_block_final():
    stage, block = locked_on_round_1()
    assert [fact.block for fact in stage.facts if isinstance(fact, BlockLocked)] == [block.hash.hex()]
    stage.ballots("precommit", 1, block, 1)
    assert stage.voter.final_height == 0
    stage.ballots("precommit", 1, block, 3)
    assert stage.voter.chain == [block.hash]


@pytest.mark.parametrize(("validators", "quorum"), [(4, 3), (5, 4), (7, 5)])
def test_one_ballot_less_than_a_quorum_does_nothing(validators, quorum):
    stage = Stage(validators)
    block = stage.block(1)
    stage.round(1)
    stage.offer(1, block)
    others = range(1, validators)
    stage.ballots("prevote", 1, block, *others[: quorum - 2])
    assert [phase for _, phase, _ in stage.cast()] == ["prevote"]
    stage.ballots("prevote", 1, block, others[quorum - 2])
    assert [phase for _, phase, _ in stage.cast()] == ["prevote", "precommit"]
    stage.ballots("precommit", 1, block, *others[: quorum - 2])
    assert stage.voter.final_height == 0
    stage.ballots("precommit", 1, block, others[quorum - 2])
    assert stage.voter.final_height == 1


def test_the_same_ballot_twice_counts_once():
    stage = Stage()
    block = stage.block(1)
    stage.round(1)
    stage.offer(1, block)
    stage.ballots("prevote", 1, block, 1, 1, 1)
    assert [phase for _, phase, _ in stage.cast()] == ["prevote"]


def test_a_locked_validator_prevotes_for_no_other_block():
    stage, _ = locked_on_round_1()
    stage.round(2)
    stage.offer(2, stage.block(2, payload=b""))
    assert [round_ for round_, _, _ in stage.cast()] == [1, 1]


def test_a_locked_validator_prevotes_again_for_the_block_of_its_lock():
    stage, block = locked_on_round_1()
    stage.round(2)
    stage.offer(2, block, valid_round=1)
    assert stage.cast()[-1] == (2, "prevote", block.hash.hex())


def test_a_later_quorum_of_prevotes_frees_from_the_lock():
    stage, _ = locked_on_round_1()
    stage.round(2)
    other = stage.block(2)
    stage.offer(2, other)
    stage.round(3)
    stage.offer(3, other, valid_round=2)
    assert len(stage.cast()) == 2, "the prevotes that the offer names are not here yet"
    stage.ballots("prevote", 2, other, 1, 2)
    assert len(stage.cast()) == 2
    stage.ballots("prevote", 2, other, 3)
    assert stage.cast()[-1] == (3, "prevote", other.hash.hex())


def test_an_earlier_quorum_of_prevotes_does_not_free_from_the_lock():
    stage = Stage()
    early, late = stage.block(1), stage.block(2)
    stage.round(1)
    stage.round(2)
    stage.offer(2, late)
    stage.ballots("prevote", 2, late, 1, 2)
    assert [round_ for round_, _, _ in stage.cast()] == [2, 2]
    stage.offer(1, early)
    stage.ballots("prevote", 1, early, 1, 2, 3)
    stage.round(3)
    stage.offer(3, early, valid_round=1)
    assert [round_ for round_, _, _ in stage.cast()] == [2, 2]


def test_a_quorum_of_prevotes_that_comes_late_in_the_round_locks_nobody_and_is_offered_by_the_next_leader():
    stage = Stage()
    block = stage.block(3)
    stage.round(3, later_ns=700_000_000)
    stage.offer(3, block)
    stage.ballots("prevote", 3, block, 1, 2)
    assert [phase for _, phase, _ in stage.cast()] == ["prevote"]
    stage.sent.clear()
    stage.round(4)  # validator 0 leads
    assert [(one.block, one.valid_round) for one in stage.sent if isinstance(one, Offer)] == [(block, 3)]


def test_precommits_of_different_rounds_do_not_add_up():
    stage, block = locked_on_round_1()
    stage.ballots("precommit", 1, block, 1)
    stage.ballots("precommit", 2, block, 2, 3)
    assert stage.voter.final_height == 0


def test_precommits_that_come_rounds_later_still_decide():
    stage, block = locked_on_round_1()
    for number in (2, 3, 4):
        stage.round(number)
    stage.ballots("precommit", 1, block, 2, 3)
    assert stage.voter.chain == [block.hash]


def test_ballots_may_come_before_their_block():
    stage = Stage()
    block = stage.block(1)
    stage.round(1)
    stage.ballots("precommit", 1, block, 1, 2, 3)
    assert stage.voter.final_height == 0
    stage.offer(1, block)
    assert stage.voter.final_height == 1


def test_of_two_offers_of_one_leader_the_first_is_voted_for():
    stage = Stage()
    one, other = stage.block(1), stage.block(1, payload=b"1")
    stage.round(1)
    stage.offer(1, one)
    stage.offer(1, other, payload=b"1")
    assert stage.cast() == [(1, "prevote", one.hash.hex())]


def test_two_ballots_of_one_validator_convict_it():
    stage = Stage()
    stage.round(1)
    stage.ballots("prevote", 1, stage.block(1), 3)
    stage.ballots("prevote", 1, stage.block(1, payload=b"1"), 3)
    [proof] = [fact for fact in stage.facts if isinstance(fact, EquivocationSeen)]
    assert (proof.culprit, proof.signed_epoch) == (3, 1)


def test_a_decision_takes_the_lock_away_and_opens_the_next_height():
    stage, block = locked_on_round_1()
    following = stage.block(2, block)
    stage.ballots("precommit", 1, block, 1, 2)
    stage.round(2)
    stage.offer(2, following, height=2)
    assert stage.cast()[-1] == (2, "prevote", following.hash.hex())


@pytest.mark.parametrize("reason", ["WRONG_GENESIS", "UNKNOWN_VALIDATOR", "NOT_LEADER", "ILL_FORMED", "BAD_SIGNATURE"])
def test_what_is_not_in_order_is_refused_with_its_reason(reason):
    stage = Stage()
    block = stage.block(1)
    stage.round(1)
    signature = stage.seats[1].signer.sign(1, statement("offer", 1, NEVER, block.hash))
    wrong = {
        "WRONG_GENESIS": Offer(b"another", 1, 1, block, b"", NEVER, 1, signature),
        "UNKNOWN_VALIDATOR": Ballot(stage.genesis.hash, "prevote", 1, 1, block.hash, 4, b""),
        "NOT_LEADER": Offer(stage.genesis.hash, 1, 1, block, b"", NEVER, 2, signature),
        "ILL_FORMED": Offer(stage.genesis.hash, 1, 1, block, b"another", NEVER, 1, signature),
        "BAD_SIGNATURE": Ballot(stage.genesis.hash, "prevote", 1, 1, block.hash, 1, signature),
    }[reason]
    stage.hear(wrong)
    assert [fact.reason for fact in stage.facts if isinstance(fact, MessageRefused)] == [reason]
    assert stage.cast() == stage.sent == []


def test_after_a_crash_a_validator_signs_nothing_twice_and_keeps_its_lock():
    stage, block = locked_on_round_1()
    back = Stage(record=stage.record)
    back.round(1)
    back.offer(1, stage.block(1, payload=b"1"), payload=b"1")
    assert back.cast() == []
    back.round(2)
    back.offer(2, stage.block(2))
    assert back.cast() == []
    back.ballots("prevote", 1, block, 1, 2, 3)
    back.round(3)
    back.offer(3, block, valid_round=1)
    assert back.cast() == [(3, "prevote", block.hash.hex())]


def test_after_a_crash_the_final_chain_is_there_and_a_peer_can_be_told():
    stage, block = locked_on_round_1()
    stage.ballots("precommit", 1, block, 1, 2)
    back, peer = Stage(record=stage.record), Stage()
    assert back.voter.chain == [block.hash]
    for message in back.voter.recall(0):
        peer.hear(message)
    assert peer.voter.chain == [block.hash]
    assert not [one for one in back.voter.recall(1) if one.height == 1]
