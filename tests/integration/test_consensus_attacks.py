"""One liar cannot stop a committee: attacks on the echo and on the bounds, each directed at a rule that once gave way.

What several liars that act together can do to finality stands in test_consensus_liveness.py.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from random import Random

import pytest
from msgspec.structs import replace

from market_sim.core.consensus.blocks import LEADER_RULES, LeaderRule, Message, Proposal, Rules, make_block
from market_sim.core.consensus.bounds import RECORDED_PER_EPOCH, Bounds
from market_sim.core.consensus.byzantine import Envelope
from market_sim.core.consensus.committee import Committee
from market_sim.core.consensus.monitors import Observed
from market_sim.core.models.consensus_events import BlockFinalized, BlockRequested, EquivocationSeen
from market_sim.simulation.engine.clock import SECOND
from tests.integration.scripted_liars import Scripted, attacked, junk
from tests.unit.core.consensus.table import NameTags, Run, Seats, run_committee

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"


def longest_drought(run: Run) -> int:
    """The most epochs in a row in which some honest validator finalized nothing."""
    assert run.kinds()["SafetyViolated"] == 0
    return run.longest_wait()


def vote_hides_the_proposal(liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
    """Its vote goes to everybody, the proposal with the same signature to just enough for a quorum."""
    if heard is not None or not liar.leads(epoch):
        return []
    proposal = liar.proposal(liar.block(epoch))
    friends = liar._others[: -(-2 * liar.n // 3) - 1]
    return [Envelope(liar.vote(epoch, proposal.block.hash)), Envelope(proposal, friends)]


@pytest.mark.parametrize("validators", [4, 7, 8, 10, 13, 16])
def test_a_vote_with_the_same_signature_does_not_hide_a_proposal(validators: int) -> None:
    """With echoes that are left out where they tell nothing, at every size."""
    run = attacked(validators, 100, vote_hides_the_proposal, literal_echo=False)
    assert run.status.finalized >= 60
    assert longest_drought(run) <= 6
    assert run.kinds()["BlockRequested"] <= 16  # the proposal comes by echo; without it each would be asked for


def blocks_beyond_the_bound(liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
    """As many blocks as one validator keeps go to it first; the real one reaches it as one too many."""
    if heard is not None or not liar.leads(epoch):
        return []
    real = liar.proposal(liar.block(epoch))
    victim = liar._others[0]
    first = [Envelope(block, (victim,)) for block in junk(liar, epoch, 70)]
    rest = tuple(other for other in liar._others if other != victim)
    return [*first, Envelope(real, rest)]


def votes_that_fill_the_queue(liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
    """Votes for nothing fill the queue of one validator for an epoch; the proposal comes early, and finds it full."""
    ahead = epoch + 1
    if not isinstance(heard, Proposal) or heard.block.epoch != epoch or not liar.leads(ahead):
        return []
    victim = liar._others[0]
    nothing = [Envelope(liar.vote(ahead, b"%032d" % number), (victim,)) for number in range(64)]
    real = liar.proposal(make_block(heard.block.hash, ahead, b""))
    rest = tuple(other for other in liar._others if other != victim)
    return [*nothing, Envelope(real, rest)]


@pytest.mark.parametrize("validators", [4, 7])
@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
@pytest.mark.parametrize("script", [blocks_beyond_the_bound, votes_that_fill_the_queue])
def test_a_flood_does_not_cut_a_validator_off_from_what_a_quorum_knows(script, always: bool, validators: int) -> None:
    def some_of_it(liar: Scripted, epoch: int, heard: Message | None) -> list[Envelope]:
        return script(liar, epoch, heard) if always or epoch <= 3 * validators else []

    run = attacked(validators, 300 if not always else 120, some_of_it)
    assert longest_drought(run) <= (6 if validators == 4 else 8)
    assert run.kinds()["FloodDropped"]
    assert run.of(BlockRequested)
    grown = {fact.validator for fact in run.journal.of(BlockFinalized)}
    assert grown == {index for index in range(validators) if index != 1}


def size_of(thing: object, seen: set[int]) -> int:
    """The bytes of a validator's memory, each object counted once."""
    if id(thing) in seen or isinstance(thing, type) or callable(thing):
        return 0
    seen.add(id(thing))
    inside: list[object] = []
    if isinstance(thing, dict):
        inside = [*thing.keys(), *thing.values()]
    elif isinstance(thing, list | tuple | set | frozenset):
        inside = list(thing)
    else:
        inside = [getattr(thing, name) for name in getattr(thing, "__struct_fields__", ())]
        inside += list(getattr(thing, "__dict__", {}).values())
    return sys.getsizeof(thing) + sum(size_of(one, seen) for one in inside)


@cache
def remembered(byzantine: str) -> int:
    epochs = 1_000 if IN_CI else 400
    run = run_committee(4, epochs, byzantine=byzantine, scheme=NameTags(4), anything=True, paranoid=False)
    validator = run.committee.validators[0]
    return size_of([validator.view, validator.bounds, validator.peers], set())


@pytest.mark.thorough
@pytest.mark.parametrize("liar", ["flood", "equivocate", *(["forge", "usurp", "double-vote", "replay"] * IN_CI)])
def test_no_liar_makes_a_validator_remember_twice_of_what_an_honest_run_does(liar: str) -> None:
    # What a liar never says (its own blocks, while it floods) is missing in its run, so honest silence is no measure.
    assert remembered(f"n1:{liar}") < 2 * remembered("")


def test_evidence_of_double_signing_is_kept_for_the_whole_run() -> None:
    seats = Seats()
    seats[0].on_epoch(1)
    early, rival = seats.block(1), seats.block(1, payload=b"1")
    seats[0].on_message(seats.vote(2, early))
    for epoch in range(2, 200):
        seats[0].on_epoch(epoch)
    step = seats[0].on_message(seats.vote(2, rival))
    [evidence] = [fact for fact in step.facts if isinstance(fact, EquivocationSeen)]
    assert (evidence.culprit, evidence.signed_epoch) == (2, 1)
    assert evidence.blocks == (early.hash.hex(), rival.hash.hex())
    assert evidence.signatures[0] == seats.vote(2, early).signature.hex()
    repeated = seats[0].on_message(seats.vote(2, seats.block(1, payload=b"2")))
    assert not [fact for fact in repeated.facts if isinstance(fact, EquivocationSeen)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda seats, block: replace(seats.vote(2, block), block=b"n" * 33), "NAME_TOO_LONG"),
        (lambda seats, block: replace(seats.vote(2, block), signature=b"s" * 513), "SIGNATURE_TOO_LONG"),
        (lambda seats, block: seats.proposal(seats.block(1, payload=b"p" * (2**20 + 1)), b"p" * (2**20 + 1)),
         "PAYLOAD_TOO_LONG"),
        (lambda seats, block: seats.proposal(replace(block, parent=b"n" * 33)), "NAME_TOO_LONG"),
        (lambda seats, block: replace(seats.vote(2, block), genesis=b"g" * 10**6), "NAME_TOO_LONG"),
        (lambda seats, block: replace(seats.proposal(block), genesis=b"g" * 10**6), "NAME_TOO_LONG"),
    ],
    ids=["block", "signature", "payload", "parent", "chain-of-a-vote", "chain-of-a-proposal"],
)  # fmt: skip
@pytest.mark.parametrize("validators", [4, 7])
def test_what_is_too_large_is_refused_at_the_door(change, reason: str, validators: int) -> None:
    seats = Seats(validators)
    seats[0].on_epoch(1)
    step = seats[0].on_message(change(seats, seats.block(1)))
    assert [getattr(fact, "reason", "") for fact in step.facts] == [reason]
    assert step.send == ()
    assert len(str(step.facts)) < 1_000, "what is recorded of it is small, too"


@pytest.mark.parametrize("leaders", LEADER_RULES)
@pytest.mark.parametrize(("epoch", "reason"), [(-1, "ILL_FORMED"), (0, "ILL_FORMED"), (2**64, "TOO_FAR_AHEAD")])
def test_an_epoch_that_eight_bytes_cannot_hold_is_refused(leaders: LeaderRule, epoch: int, reason: str) -> None:
    seats = Seats(4, Rules(leader_rule=leaders))
    seats[0].on_epoch(1)
    proposal = seats.proposal(seats.block(1))
    [fact] = seats[0].on_message(replace(proposal, block=replace(proposal.block, epoch=epoch))).facts
    assert fact.reason == reason


def test_a_payload_of_the_largest_size_is_let_in() -> None:
    seats = Seats()
    seats[0].on_epoch(1)
    largest = b"p" * 2**20
    step = seats[0].on_message(seats.proposal(seats.block(1, payload=largest), largest))
    assert not [fact for fact in step.facts if getattr(fact, "reason", "") == "PAYLOAD_TOO_LONG"]
    assert step.send != ()


def test_what_is_kept_of_nothing_is_nothing() -> None:
    assert Bounds(1).load == (0, 0)


def test_of_refused_messages_a_bounded_number_is_recorded_and_the_last_record_says_so() -> None:
    seats = Seats()
    seats[0].on_epoch(1)
    vote = seats.vote(2, seats.block(1))
    forged = [replace(vote, signature=b"%d" % number) for number in range(RECORDED_PER_EPOCH + 5)]
    facts = [fact for message in forged for fact in seats[0].on_message(message).facts]
    assert [fact.reason for fact in facts] == ["BAD_SIGNATURE"] * RECORDED_PER_EPOCH + ["TOO_MANY_REFUSALS"]
    assert facts[-1].numbers == {"limit": RECORDED_PER_EPOCH, "code": "BAD_SIGNATURE", "now_epoch": 1}


def test_of_second_proposals_a_bounded_number_is_recorded_and_the_last_record_says_so() -> None:
    seats = Seats()
    seats[0].on_epoch(1)
    steps = [
        seats[0].on_message(seats.proposal(seats.block(1, payload=b"%d" % number), b"%d" % number))
        for number in range(RECORDED_PER_EPOCH + 5)
    ]
    facts = [fact for step in steps for fact in step.facts]
    assert sum(getattr(fact, "reason", "") == "SECOND_PROPOSAL" for fact in facts) == RECORDED_PER_EPOCH
    [last] = [fact for fact in facts if getattr(fact, "reason", "") == "TOO_MANY_REFUSALS"]
    assert (last.sender, last.numbers["code"]) == (1, "SECOND_PROPOSAL")


def test_a_block_that_a_second_validator_signed_takes_no_place_among_the_unsupported() -> None:
    seats = Seats()
    seats[0].on_epoch(1)
    for number in range(3):
        block = seats.block(1, payload=b"%d" % number)
        seats[0].on_message(seats.proposal(block, b"%d" % number))
        before = seats[0].bounds.load[0]
        seats[0].on_message(seats.vote(2, block))
        assert seats[0].bounds.load[0] <= before - (number > 0)


@pytest.mark.parametrize("validators", [4, 7])
def test_a_block_that_one_honest_validator_must_have_signed_is_asked_for_at_once(validators: int) -> None:
    seats = Seats(validators)
    seats[0].on_epoch(1)
    block = seats.block(1)
    asked = [
        len(seats[0].on_message(seats.vote(voter, block)).ask) for voter in range(2, 2 + seats[0].rules.faults + 1)
    ]
    assert asked[-1] > 0
    assert not any(asked[:-1])


@pytest.mark.parametrize("validators", [4, 8])
@pytest.mark.parametrize("seed", range(60 if IN_CI else 10))
def test_a_validator_that_restarts_in_the_middle_of_an_epoch_is_never_lost(seed: int, validators: int) -> None:
    luck = Random(seed)
    moments = [(luck.randrange(validators), SECOND + luck.randrange(20 * SECOND)) for _ in range(6)]

    def plan(committee: Committee) -> None:
        for index, moment in moments:
            committee._clock.plan(moment, committee.restart, index)

    run = run_committee(validators, 30, seed, scheme=NameTags(validators), before=plan)
    last = {index: committee_height(run, index) for index in range(validators)}
    assert min(last.values()) >= 24, last
    assert longest_drought(run) <= 8


def committee_height(run: Run, index: int) -> int:
    return run.committee.validators[index].finalized.height


@pytest.mark.parametrize("validators", [4, 7])
def test_a_restarted_validator_is_sent_a_bounded_part_and_asks_for_the_rest(validators: int) -> None:
    def plan(committee: Committee) -> None:
        committee._clock.plan(150 * SECOND, empty_disk, committee)

    def empty_disk(committee: Committee) -> None:
        committee.disks[0] = type(committee.disks[0])()
        committee._told[0] = 0
        sent = committee.validators[1].peers.recall(0)
        assert len(sent) <= (validators + 1) * (64 + 8)
        committee.restart(0)

    run = run_committee(validators, 170, scheme=NameTags(validators), paranoid=False, before=plan)
    assert committee_height(run, 0) >= 168


def test_monitors_take_time_that_grows_with_the_run_and_not_with_its_square() -> None:
    steps = []
    for epochs in (100, 200):
        run = run_committee(4, epochs, scheme=NameTags(4), before=lambda committee: count_steps(committee, steps))
        assert run.status.finalized == epochs - 1
    assert steps[1] < 2.3 * steps[0]


def count_steps(committee: Committee, steps: list[int]) -> None:
    """Count what the monitors look at: the blocks that each of their steps judges."""
    steps.append(0)
    judge = committee.monitors._nothing_is_missing

    def counted(index: int, seen: Observed) -> None:
        steps[-1] += len(seen.touched)
        judge(index, seen)

    committee.monitors._nothing_is_missing = counted
