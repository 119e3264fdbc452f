"""Streamlet, rule by rule: what one validator does, and what four of them agree on.

Read it beside Chan and Shi, "Streamlet: Textbook Streamlined Blockchains" (AFT 2020), section 3. `Seats` are
validators without a network, to whom a test hands each message; `run_committee` is a whole run.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from market_sim.core.consensus.blocks import Proposal, Rules, Vote
from market_sim.core.consensus.durable import DurableRecord, Signed
from market_sim.core.consensus.step import NOTHING
from market_sim.core.consensus.streamlet import Validator
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockNotarized,
    BlockProposed,
    EquivocationSeen,
    MessageRefused,
    ProposalJudged,
    VoteCast,
)
from market_sim.core.models.reason import Reason
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from tests.unit.core.consensus.table import Seats, final_epochs, run_committee


def facts(step, kind):
    return [fact for fact in step.facts if isinstance(fact, kind)]


def votes(step):
    return [message for message in step.send if isinstance(message, Vote) and facts(step, VoteCast)]


def reasons(step):
    return [fact.reason for fact in facts(step, MessageRefused)]


def judgements(step):
    return [(fact.verdict, fact.reason) for fact in facts(step, ProposalJudged)]


# ---- the friendly run -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epochs", range(2, 51))
def test_n_epochs_give_n_notarized_and_n_minus_1_final_blocks(epochs):
    status = run_committee(epochs=epochs, paranoid=epochs < 12).status
    assert (status.proposed, status.notarized, status.finalized) == (epochs, epochs, epochs - 1)
    assert status.all_agree
    assert status.pending == f"1 block pending: block {epochs} needs a notarized block of epoch {epochs + 1}."


def test_what_arrives_when_an_epoch_starts_arrives_before_it_starts():
    """R1: with every delay equal to Delta, the votes of an epoch arrive at the very start of the next one."""
    delta = Rules().delta_ns
    status = run_committee(epochs=8, fastest_ns=delta, slowest_ns=delta).status
    assert (status.notarized, status.finalized) == (7, 6)


def test_every_validator_tells_each_final_block_once_and_in_order():
    run = run_committee(epochs=6, news_every=150_000_000)
    for index in range(4):
        blocks = [block for validator, block in run.told if validator == index]
        assert [block.height for block in blocks] == [1, 2, 3, 4, 5]
        assert [block.parent for block in blocks[1:]] == [block.hash for block in blocks[:-1]]
    numbers = b",".join(block.payload for validator, block in run.told if validator == 0 and block.payload)
    ordered = [int(number) for number in numbers.split(b",")]
    assert ordered == sorted(set(ordered))
    assert len(ordered) > 20


def test_one_silent_validator_makes_finality_come_in_bursts():
    run = run_committee(epochs=13, byzantine="n2:silent")
    proposed = [event.epoch for event in run.of(BlockProposed)]
    assert proposed == [1, 3, 4, 5, 7, 8, 9, 11, 12, 13]  # validator 2 leads epochs 2, 6 and 10
    bursts: dict[int, list[int]] = {}
    epoch_of = {event.block: event.epoch for event in run.of(BlockProposed)}
    for event in run.of(BlockFinalized):
        if event.validator == 0:
            bursts.setdefault(event.epoch, []).append(epoch_of[event.block])
    assert bursts == {5: [1, 3, 4], 9: [5, 7, 8], 13: [9, 11, 12]}


# ---- R2: leaders, and the quorum ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("validators", "faults", "quorum"),
    [
        (4, 1, 3),
        (5, 1, 4),
        (6, 1, 4),
        (7, 2, 5),
        (8, 2, 6),
        (10, 3, 7),
        (13, 4, 9),
        (16, 5, 11),
        (31, 10, 21),
        (64, 21, 43),
        (100, 33, 67),
    ],
)
def test_quorum_table(validators, faults, quorum):
    rules = Rules(validators=validators)
    assert (rules.faults, rules.quorum) == (faults, quorum)


def test_two_quorums_share_an_honest_validator_and_the_honest_alone_are_one():
    for n in range(1, 2001):
        rules = Rules(validators=n)
        assert rules.quorum == (n + rules.faults) // 2 + 1
        assert 2 * rules.quorum - n >= rules.faults + 1
        assert rules.quorum <= n - rules.faults


def test_more_declared_faults_than_the_bound_need_a_flag():
    with pytest.raises(InputError, match="of 4 validators 1 may be faulty, not 2"):
        Rules(validators=4, declared_faults=2)
    assert Rules(validators=4, declared_faults=2, beyond_the_bound=True).quorum == 3


def test_leaders_take_turns_or_are_drawn_by_a_hash():
    assert [Rules().leader(epoch) for epoch in range(1, 6)] == [1, 2, 3, 0, 1]
    drawn = [Rules(leader_rule="hash").leader(epoch) for epoch in range(1, 401)]
    assert all(70 < drawn.count(index) < 130 for index in range(4))


def test_other_rules_mean_another_chain():
    keys = [b"a", b"b", b"c", b"d"]
    others = [Rules(chain_id=2), Rules(leader_rule="hash"), Rules(delta_ns=400_000_000), Rules(variant="crash")]
    names = {rules.genesis(keys).hash for rules in [Rules(), *others]} | {Rules().genesis(keys[::-1]).hash}
    assert len(names) == 6


# ---- R5: proposing --------------------------------------------------------------------------------------------------


def test_only_the_leader_proposes_and_its_proposal_is_its_vote():
    seats = Seats()
    assert seats[0].on_epoch(1).send == ()
    step = seats[1].on_epoch(1)
    [proposal] = step.send
    assert proposal.proposer == 1
    [vote] = facts(step, VoteCast)
    assert vote.signature == proposal.signature.hex()
    assert step.persist == (Signed(1, proposal.block.hash, 0),)


def test_of_several_longest_chains_the_leader_extends_the_one_with_the_smallest_hash():
    seats = Seats()
    one, other = seats.block(1), seats.block(2)
    seats[3].on_epoch(2)
    seats.notarize(3, one, other)
    assert seats[3].view.longest == 1
    [proposal] = seats[3].on_epoch(3).send
    assert proposal.block.parent == min(one.hash, other.hash)


def test_an_epoch_never_comes_back():
    seats = Seats()
    seats[0].on_epoch(2)
    with pytest.raises(InvariantBroken, match="never go down"):
        seats[0].on_epoch(2)


# ---- R6: voting -----------------------------------------------------------------------------------------------------


def test_a_validator_votes_for_the_leaders_proposal_once():
    seats = Seats()
    seats[0].on_epoch(1)
    step = seats[0].on_message(seats.proposal(seats.block(1)))
    assert [vote.voter for vote in votes(step)] == [0]
    rival = seats.block(1, payload=b"5")
    again = seats[0].on_message(seats.proposal(rival, b"5"))
    assert votes(again) == []
    assert judgements(again) == [("refused", "SECOND_PROPOSAL")]


def test_a_vote_goes_to_a_longest_chain_only_at_the_time_of_voting():
    seats = Seats()
    first, second = seats.chain(1, 2)
    seats[0].on_epoch(3)
    seats.notarize(0, first)
    seats.notarize(0, second)  # seen during epoch 3, before its proposal arrives
    step = seats[0].on_message(seats.proposal(seats.block(3, first)))
    assert judgements(step) == [("refused", "PARENT_TOO_SHORT")]
    [fact] = facts(step, ProposalJudged)
    assert fact.numbers == {"parent_height": 1, "longest": 2}


def test_each_of_several_longest_chains_may_be_extended():
    for favourite in (0, 1):
        seats = Seats()
        tips = [seats.block(1), seats.block(2)]
        seats[0].on_epoch(3)
        seats.notarize(0, *tips)
        assert votes(seats[0].on_message(seats.proposal(seats.block(3, tips[favourite]))))


def test_a_proposal_waits_for_the_signatures_of_its_parent():
    seats = Seats()
    parent = seats.block(1)
    block = seats.block(2, parent)
    seats[0].on_epoch(2)
    step = seats[0].on_message(seats.proposal(block))
    assert judgements(step) == [("waiting", "PARENT_UNKNOWN")]
    step = seats[0].on_message(seats.proposal(parent))
    assert ("waiting", "PARENT_NOT_NOTARIZED") in judgements(step)
    assert votes(seats[0].on_message(seats.vote(2, parent))) == []
    assert [vote.block for vote in votes(seats[0].on_message(seats.vote(3, parent)))][-1] == block.hash


def test_a_proposal_waits_for_a_trade():
    seats = Seats()
    seats[0].on_epoch(1)
    proposal = seats.proposal(seats.block(1, payload=b"5"), b"5")
    assert judgements(seats[0].on_message(proposal)) == [("waiting", "PAYLOAD_UNKNOWN")]
    assert seats[0].on_payload_news().send == ()
    seats.payloads[0].learn([5])
    assert len(votes(seats[0].on_payload_news())) == 1


def test_a_proposal_that_waits_until_the_epoch_ends_expires():
    seats = Seats()
    parent = seats.block(1)
    seats[0].on_epoch(2)
    seats[0].on_message(seats.proposal(seats.block(2, parent)))
    assert judgements(seats[0].on_epoch(3)) == [("expired", "PARENT_UNKNOWN")]
    seats.notarize(0, parent)
    assert seats[0].signed_epoch == 0


def test_a_waiting_proposal_is_refused_when_a_longer_chain_appears():
    seats = Seats()
    orphan = seats.block(1, payload=b"5")
    seats[0].on_epoch(3)
    seats[0].on_message(seats.proposal(orphan, b"5"))
    seats[0].on_message(seats.proposal(seats.block(3, orphan)))
    first, second = seats.chain(1, 2)
    steps = seats.notarize(0, first, second)
    assert [judged for step in steps for judged in judgements(step)][-1] == ("refused", "PARENT_TOO_SHORT")


def test_a_block_that_the_others_notarized_first_gets_no_vote_any_more():
    seats = Seats()
    block = seats.block(1)
    seats[0].on_epoch(1)
    for voter in (2, 3):
        seats[0].on_message(seats.vote(voter, block))
    step = seats[0].on_message(seats.proposal(block))
    assert judgements(step) == [("refused", "NOTARIZED_WITHOUT")]
    assert block.hash in seats[0].view.height


def test_in_calm_weather_everybody_votes_for_everything():
    for seed in range(20):
        run = run_committee(epochs=6, seed=seed, news_every=30_000_000, paranoid=False)
        assert len(run.of(VoteCast)) == 4 * 6


def test_an_invalid_payload_is_refused_for_good():
    seats = Seats()
    seats[0].on_epoch(1)
    step = seats[0].on_message(seats.proposal(seats.block(1, payload=b"7,5"), b"7,5"))
    assert judgements(step) == [("refused", "PAYLOAD_INVALID")]


def test_a_late_proposal_is_learned_and_passed_on_but_never_voted_for():
    seats = Seats()
    seats[0].on_epoch(2)
    proposal = seats.proposal(seats.block(1))
    step = seats[0].on_message(proposal)
    assert step.send == (proposal,)
    assert judgements(step) == [("expired", "LATE_PROPOSAL")]


# ---- R7: notarization -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("validators", "quorum"), [(4, 3), (5, 4), (7, 5)])
def test_a_quorum_of_distinct_signers_notarizes(validators, quorum):
    seats = Seats(validators)
    block = seats.block(1)
    seats[0].on_epoch(2)  # too late to vote itself
    seats[0].on_message(seats.proposal(block))
    for voter in range(2, quorum):
        seats[0].on_message(seats.vote(voter, block))
        seats[0].on_message(seats.vote(voter, block))
        assert block.hash not in seats[0].view.height
    [fact] = facts(seats[0].on_message(seats.vote(quorum, block)), BlockNotarized)
    assert fact.voters == tuple(range(1, quorum + 1))


def test_one_validator_that_votes_thrice_counts_once():
    seats = Seats()
    block = seats.block(1)
    seats[0].on_epoch(2)
    seats[0].on_message(seats.proposal(block))
    for _ in range(3):
        seats[0].on_message(seats.vote(2, block))
    assert sorted(seats[0].view.signers(block)) == [1, 2]
    assert block.hash not in seats[0].view.height


def test_votes_may_come_before_the_block_and_blocks_before_their_parent():
    seats = Seats()
    first, second = seats.chain(1, 2)
    seats[0].on_epoch(3)
    for block in (second, first):
        for voter in range(4):
            seats[0].on_message(seats.vote(voter, block))
    seats[0].on_message(seats.proposal(second))
    assert seats[0].view.longest == 0
    step = seats[0].on_message(seats.proposal(first))
    assert [fact.height for fact in facts(step, BlockNotarized)] == [1, 2]


def test_a_block_whose_epoch_is_not_after_its_parents_is_never_notarized_whoever_signed_it():
    seats = Seats()
    parent = seats.block(2)
    block = seats.block(1, parent)
    seats[0].on_epoch(1)
    assert judgements(seats[0].on_message(seats.proposal(block))) == [("waiting", "PARENT_UNKNOWN")]
    for voter in (2, 3):
        seats[0].on_message(seats.vote(voter, block))
    seats[0].on_epoch(2)
    seats.notarize(0, parent)
    assert parent.hash in seats[0].view.height
    assert block.hash not in seats[0].view.height


def test_both_blocks_of_an_equivocating_leader_are_kept():
    seats = Seats()
    one, other = seats.block(1), seats.block(1, payload=b"5")
    seats[0].on_epoch(1)
    seats[0].on_message(seats.proposal(one))
    step = seats[0].on_message(seats.proposal(other, b"5"))
    [evidence] = facts(step, EquivocationSeen)
    assert (evidence.culprit, evidence.blocks) == (1, (one.hash.hex(), other.hash.hex()))
    for voter in (2, 3):
        seats[0].on_message(seats.vote(voter, other))
    assert other.hash in seats[0].view.height


def test_an_equivocating_leader_gets_at_most_one_vote_of_each_honest_validator():
    run = run_committee(epochs=12, byzantine="n1:equivocate", news_every=300_000_000)
    assert len(run.of(EquivocationSeen)) > 3
    for index in (0, 2, 3):
        epochs = [event.epoch for event in run.of(VoteCast) if event.voter == index]
        assert len(epochs) == len(set(epochs))
    assert run.status.finalized >= 6


# ---- R8: finality ---------------------------------------------------------------------------------------------------


def test_the_middle_of_three_consecutive_epochs_is_final_with_its_prefix():
    seats = Seats()
    seats[0].on_epoch(9)
    seats.notarize(0, *seats.chain(1, 3, 4, 7, 8, 9))
    assert final_epochs(seats[0]) == [1, 3, 4, 7, 8]


@pytest.mark.parametrize(
    ("epochs", "final"),
    [
        ((1,), []),
        ((1, 2), [1]),
        ((2, 3), []),
        ((2, 3, 4), [2, 3]),
        ((1, 3, 5), []),
        ((2, 4, 5, 7), []),
        ((1, 2, 4), [1]),
    ],
)
def test_genesis_is_the_block_of_epoch_0_and_heights_are_not_epochs(epochs, final):
    seats = Seats()
    seats[0].on_epoch(9)
    seats.notarize(0, *seats.chain(*epochs))
    assert final_epochs(seats[0]) == final


def test_finality_reaches_over_a_gap_of_epochs():
    run = run_committee(epochs=12, partitions="4-6:0+1|2+3")
    final = run.status.views[0].finalized
    epoch_of = {event.block: event.epoch for event in run.of(BlockProposed)}
    epochs = [epoch_of[name] for name in final]
    assert epochs[-1] == 11
    assert any(after > before + 1 for before, after in pairwise(epochs))
    assert run.status.all_agree


# ---- R9, R10, R13: messages -----------------------------------------------------------------------------------------


def test_a_message_is_passed_on_at_first_sight_only():
    seats = Seats()
    seats[0].on_epoch(1)
    vote = seats.vote(2, seats.block(1))
    assert seats[0].on_message(vote).send == (vote,)
    assert seats[0].on_message(vote).send == ()


def test_early_messages_wait_for_their_epoch():
    seats = Seats()
    block = seats.block(1)
    for message in (seats.proposal(block), seats.vote(2, block)):
        assert seats[0].on_message(message).send == (message,)
        assert seats[0].on_message(message).send == ()
    assert seats[0].view.longest == 0
    step = seats[0].on_epoch(1)
    assert [vote.voter for vote in votes(step)] == [0]
    assert seats[0].view.longest == 1


def flip(data, bit=0):
    return bytes([data[0] ^ 1 << bit]) + data[1:]


def refusals():
    seats = Seats()
    block = seats.block(1)
    proposal, vote = seats.proposal(block), seats.vote(2, block)
    child_of_itself, sibling = seats.block(1, seats.block(2)), seats.block(2, seats.block(2), payload=b"5")
    return {
        "one bit of the signature": (replace(vote, signature=flip(vote.signature)), "BAD_SIGNATURE"),
        "one bit of the block": (replace(vote, block=flip(vote.block)), "BAD_SIGNATURE"),
        "another epoch": (replace(vote, epoch=2), "BAD_SIGNATURE"),
        "another voter": (replace(vote, voter=3), "BAD_SIGNATURE"),
        "an unknown key": (replace(vote, voter=4), "UNKNOWN_VALIDATOR"),
        "a negative voter": (replace(vote, voter=-1), "UNKNOWN_VALIDATOR"),
        "another chain": (replace(vote, genesis=flip(vote.genesis)), "WRONG_GENESIS"),
        "epoch 0": (replace(vote, epoch=0), "ILL_FORMED"),
        "not the leader": (seats.proposal(block, proposer=2), "NOT_LEADER"),
        "in the leader's name": (replace(seats.proposal(block, proposer=2), proposer=1), "BAD_SIGNATURE"),
        "payload and digest": (replace(proposal, payload=b"5"), "ILL_FORMED"),
        "block and hash": (replace(proposal, block=replace(block, parent=flip(block.parent))), "ILL_FORMED"),
        "epoch not after the parent's": (seats.proposal(child_of_itself), "EPOCH_NOT_AFTER_PARENT"),
        "the parent's epoch once more": (seats.proposal(sibling, b"5"), "EPOCH_NOT_AFTER_PARENT"),
        "far too early": (seats.vote(2, seats.block(7)), "TOO_FAR_AHEAD"),
    }


@pytest.mark.parametrize("case", refusals())
def test_a_bad_message_is_refused_with_its_reason_and_changes_nothing(case):
    message, reason = refusals()[case]
    seats = Seats()
    seats[0].on_epoch(2)
    seats[0].on_message(seats.proposal(seats.block(2)))
    before = dict(seats[0].view.signatures)
    step = seats[0].on_message(message)
    assert [fact.reason for fact in step.facts] == [reason]
    assert step.send == ()
    assert seats[0].view.signatures == before


def test_a_copy_changes_nothing_and_is_no_offence_in_its_epoch_or_later():
    seats = Seats()
    seats[0].on_epoch(1)
    block = seats.block(1)
    vote = seats.vote(2, block)
    seats[0].on_message(seats.proposal(block))
    seats[0].on_message(vote)
    before = dict(seats[0].view.signatures[1, block.hash])
    for epoch in (1, 2, 3):  # an echo, and an echo that a partition held back
        assert seats[0].on_message(vote) == seats[0].on_message(seats.proposal(block)) == NOTHING
        assert seats[0].view.signatures[1, block.hash] == before
        seats[0].on_epoch(epoch + 1)


def test_a_vote_for_the_right_block_and_a_wrong_epoch_is_refused_and_does_not_hide_the_right_one():
    seats = Seats()
    block = seats.block(1)
    wrong = replace(seats.vote(2, block), epoch=2, signature=seats.signers[2].sign(2, block.hash))
    seats[0].on_epoch(3)
    seats[0].on_message(wrong)  # before the block: nobody can tell yet
    seats[0].on_message(seats.proposal(block))
    assert sorted(seats[0].view.signers(block)) == [1]
    seats[0].on_message(seats.vote(2, block))
    assert sorted(seats[0].view.signers(block)) == [1, 2]
    other = replace(seats.vote(3, block), epoch=2, signature=seats.signers[3].sign(2, block.hash))
    assert reasons(seats[0].on_message(other)) == ["WRONG_EPOCH"]


def test_every_reason_has_a_rule_and_a_sentence_for_its_numbers():
    run = run_committee(epochs=40, byzantine="n1:forge,n1:usurp,n1:replay,n1:flood@30-33", anything=True)
    table: dict[str, Reason] = {reason.code: reason for reason in CONSENSUS_REASONS}
    told = [event for event in run.journal if hasattr(event, "reason")]
    assert len({event.reason for event in told}) >= 10
    for event in told:
        assert table[event.reason].template.format(**event.numbers | {"sender": 0})


def test_a_second_valid_signature_of_one_voter_on_one_block_changes_nothing():
    """Ed25519 lets a signer make several valid signatures of one statement; one validator still counts once."""

    class Lenient:
        def is_valid(self, signer, epoch, block, signature):
            return True

    seats = Seats()
    seats[0]._admission._verifier = Lenient()
    seats[0].on_epoch(1)
    vote = seats.vote(2, seats.block(1))
    seats[0].on_message(vote)
    assert reasons(seats[0].on_message(replace(vote, signature=b"another"))) == ["DUPLICATE_VOTE"]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_pinned_proposal_is_refused_when_its_parent_turns_out_to_be_of_no_earlier_epoch(epoch):
    seats = Seats()
    later = seats.block(epoch, payload=b"5")
    pinned = seats.block(1, later)
    seats[0].on_epoch(1)
    seats[0].on_message(seats.proposal(pinned))
    seats[0].view.add_block(later, b"")  # in a run it would wait in the queue until epoch 2
    step = seats[0].on_message(seats.vote(2, pinned))
    assert votes(step) == []
    seats[0]._judge_again()
    assert judgements(seats[0]._step()) == [("refused", "EPOCH_NOT_AFTER_PARENT")]


def test_of_one_validator_a_bounded_number_of_early_messages_is_queued():
    seats = Seats()
    steps = [seats[0].on_message(seats.vote(2, seats.block(3, payload=b"%d" % number))) for number in range(70)]
    assert sum(len(step.send) for step in steps) == 64
    assert [fact.reason for fact in steps[-1].facts] == ["TOO_MANY_SIGNATURES"]


@pytest.mark.parametrize("wrong", [{"validators": 0}, {"delta_ns": 1}])
def test_rules_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError):
        Rules(**wrong)


# ---- the crash variant (paper, section 5) ----------------------------------------------------------------------------


def test_against_crashes_a_majority_is_a_quorum_and_nearly_half_may_fail():
    assert [(rules.faults, rules.quorum) for rules in (Rules(n, variant="crash") for n in (3, 4, 5, 7))] == [
        (1, 2),
        (1, 3),
        (2, 3),
        (3, 4),
    ]


@pytest.mark.parametrize(("validators", "crashes"), [(3, "n0:crash@4"), (5, "n0:crash@3,n4:crash@6")])
def test_a_committee_survives_crashes_in_the_middle_of_sending(validators, crashes):
    rules = Rules(validators, variant="crash")
    run = run_committee(validators, 30, byzantine=crashes, rules=rules)
    assert run.status.all_agree
    if validators == 5:  # of five in turn three are left in a row
        assert run.status.finalized >= 15
    # Of three in turn two are left in a row, and three consecutive epochs never come: safe, and stopped.
    else:
        assert run.status.finalized == 4
        assert run.status.notarized > 15


def test_against_crashes_the_leader_sends_the_chain_that_its_block_extends():
    seats = Seats(5, Rules(5, variant="crash"))
    first, second = seats.chain(1, 3)
    seats[4].on_epoch(3)
    seats.notarize(4, first, second)
    sent = seats[4].on_epoch(4).send
    [_, _, own] = [message for message in sent if isinstance(message, Proposal)]
    assert own.block.parent == second.hash
    seats[0].on_epoch(4)
    steps = [seats[0].on_message(message) for message in sent]
    assert len(votes(steps[-1])) == 1


# ---- restart --------------------------------------------------------------------------------------------------------


def restored(seats: Seats, index: int, record: DurableRecord) -> Validator:
    signer = seats.signers[index]
    return Validator.restored(record, index, seats.rules, seats.genesis, signer, signer, seats.payloads[index])


def test_a_restarted_leader_does_not_propose_again():
    seats, record = Seats(), DurableRecord()
    record.write(seats[1].on_epoch(1).persist)
    step = restored(seats, 1, record).on_epoch(1)
    assert step.send == ()


def test_a_restarted_voter_does_not_vote_again():
    seats, record = Seats(), DurableRecord()
    seats[0].on_epoch(1)
    record.write(seats[0].on_message(seats.proposal(seats.block(1))).persist)
    again = restored(seats, 0, record)
    again.on_epoch(1)
    rival = seats.block(1, payload=b"5")
    seats.payloads[0].learn([5])
    step = again.on_message(seats.proposal(rival, b"5"))
    assert votes(step) == []
    assert judgements(step) == [("refused", "ALREADY_SIGNED")]


def test_a_restarted_validator_keeps_its_lock_and_its_finalized_chain():
    seats, record = Seats(), DurableRecord()
    blocks = seats.chain(1, 2, 3, 5)
    for block in blocks:
        seats[0].on_epoch(block.epoch)
        for step in seats.notarize(0, block):
            record.write(step.persist)
    assert (record.signed_epoch, record.lock, len(record.finalized)) == (5, 3, 2)
    again = restored(seats, 0, record)
    assert final_epochs(again) == [1, 2]
    again.on_epoch(6)
    # It has forgotten that block 3 is notarized. Only the lock keeps it from signing beside the chain it signed on.
    assert judgements(again.on_message(seats.proposal(seats.block(6, blocks[1])))) == [("refused", "PARENT_BELOW_LOCK")]
    assert again.signed_epoch == 5


def test_a_restarted_leader_below_its_lock_proposes_only_after_it_has_learned_again():
    seats, record = Seats(), DurableRecord()
    for block in seats.chain(1, 2, 3, 5):
        for step in [seats[1].on_epoch(block.epoch), *seats.notarize(1, block)]:
            record.write(step.persist)
    peer_knows = seats[1].peers.recall(above=2)
    again = restored(seats, 1, record)
    assert again.on_epoch(9).send == ()
    for message in peer_knows:
        again.on_message(message)
    assert again.view.longest == 4
    assert len(again.on_epoch(13).send) == 1
