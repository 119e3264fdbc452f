"""Each byzantine behaviour leaves the protocol in its own way, and the others bear it."""

from __future__ import annotations

import pytest

from market_sim.core.consensus.behaviours import AFTER_FINALITY, BEHAVIOURS, Behaviour, parse_behaviours
from market_sim.core.consensus.byzantine import Envelope
from market_sim.core.consensus.byzantine_messages import false_vote
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockProposed, ByzantineAct, MessageRefused, VoteCast
from market_sim.core.randomness import Stream
from tests.unit.core.consensus.table import Seats, run_committee


def test_behaviours_are_typed_by_a_person():
    assert parse_behaviours("n3:equivocate@5-9, n1:silent,n2:late@4", 4) == (
        Behaviour(3, "equivocate", 5, 9),
        Behaviour(1, "silent"),
        Behaviour(2, "late", 4, 4),
    )
    assert parse_behaviours("", 4) == ()


@pytest.mark.parametrize(
    "text", ["3:silent", "n3", "n3:", "n4:silent", "n3:sleep", "n3:late@", "n3:late@9-5", "n3:late@x"]
)
def test_what_cannot_be_meant_is_answered_with_a_sentence(text):
    with pytest.raises(InputError):
        parse_behaviours(text, 4)


@pytest.mark.parametrize("name", [name for name in BEHAVIOURS if name != "greedy"])  # no call is to be ordered here
@pytest.mark.parametrize("validators", [4, 7])
def test_one_liar_is_borne_and_recorded(name, validators):
    byzantine = f"n2:{name}" + (",n3:equivocate" if name == "double-vote" and validators == 7 else "")
    filled = name in AFTER_FINALITY  # an empty block is neither executed wrongly nor signed for the settlement
    run = run_committee(
        validators, epochs=24, byzantine=byzantine, anything=not filled, news_every=400_000_000 * filled
    )  # fmt: skip
    assert run.status.all_agree
    assert run.status.finalized >= 8
    assert run.kinds()["SafetyViolated"] == 0
    if not (name == "double-vote" and validators == 4):  # with one leader honest there is nothing to vote for twice
        acts = [act for act in run.of(ByzantineAct) if act.behaviour == name]
        assert acts
        assert {act.validator for act in acts} == {2}


def test_a_liar_behaves_in_the_epochs_it_was_told_to():
    run = run_committee(epochs=12, byzantine="n2:silent@5-9")
    assert {act.epoch for act in run.of(ByzantineAct)} <= set(range(5, 10))
    voted = {event.epoch for event in run.of(VoteCast) if event.voter == 2}
    assert voted == {1, 2, 3, 4, 10, 11, 12}


def test_a_leader_that_lies_sends_two_blocks_in_its_own_epochs_and_none_in_others():
    run = run_committee(epochs=12, byzantine="n3:equivocate", news_every=50_000_000)
    proposed = [(event.epoch, event.group) for event in run.of(BlockProposed) if event.proposer == 3]
    assert proposed == [(3, 1), (3, 2), (7, 1), (7, 2), (11, 1), (11, 2)]


@pytest.mark.parametrize("name", ["usurp", "replay", "flood"])
def test_a_liar_adds_its_lies_once_an_epoch_however_much_news_there_is(name):
    run = run_committee(epochs=8, byzantine=f"n3:{name}", news_every=50_000_000)
    epochs = [act.epoch for act in run.of(ByzantineAct)]
    assert len(epochs) == len(set(epochs)) >= 7


def test_a_forger_is_refused_for_its_signature_in_every_run():
    for seed in range(5):
        run = run_committee(epochs=8, seed=seed, byzantine="n1:forge")
        refused = [event for event in run.of(MessageRefused) if event.reason == "BAD_SIGNATURE"]
        assert len(refused) > 10
        assert run.status.finalized == 7


def test_no_behaviour_touches_another_validators_object():
    run = run_committee(epochs=6, byzantine=",".join(f"n1:{name}" for name in BEHAVIOURS))
    committee = run.committee
    views = {id(validator.view) for validator in committee.validators}
    assert len(views) == 4
    for index in committee.honest:
        own = [event.epoch for event in run.of(VoteCast) if event.voter == index]
        assert len(own) == len(set(own))


def test_a_flood_is_dropped_and_kept_within_the_bounds():
    run = run_committee(epochs=12, byzantine="n1:flood", anything=True)
    kinds = run.kinds()
    for reason in ("TOO_MANY_BLOCKS", "TOO_MANY_SIGNATURES"):
        assert kinds[reason] > 0
    for index in run.committee.honest:
        assert run.committee.validators[index].bounds.load[0] <= 64
    assert run.status.finalized >= 5


def test_a_false_vote_has_a_false_name_or_a_false_epoch():
    seats = Seats()
    block = seats.block(2)
    seats[0].on_epoch(5)
    seats.notarize(0, block)
    votes = [false_vote(seats[0], seats.signers[0], (1, 2, 3), Stream(number)) for number in range(40)]
    assert {vote.voter for vote in votes} == {0, 1, 2, 3, 4}
    assert {vote.block for vote in votes} == {block.hash}
    assert {vote.epoch for vote in votes if vote.voter == 0} == {4}
    assert {vote.epoch for vote in votes if vote.voter != 0} == {2}


def test_what_was_put_into_an_envelope_stays_in_it():
    seats = Seats()
    with pytest.raises(AttributeError):
        Envelope(seats.proposal(seats.block(1))).delay_ns = 5


def test_a_late_leader_is_sometimes_just_in_time():
    run = run_committee(epochs=60, byzantine="n1:late")
    voted = {event.epoch for event in run.of(VoteCast) if event.voter != 1}
    in_time, too_late = ([epoch for epoch in range(1, 60, 4) if (epoch in voted) is wanted] for wanted in (True, False))
    assert in_time
    assert too_late
