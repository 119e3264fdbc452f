"""The block tree of a check follows the product's rules and writes a journal that tells what happened."""

from __future__ import annotations

from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, MessageRefused, VoteCast
from market_sim.course.practice_chain import PracticeChain


def signed(stage, *blocks, voters=(0, 1, 2)):
    parent = "genesis"
    for epoch in blocks:
        stage.propose(f"b{epoch}", parent, epoch)
        for voter in voters:
            stage.vote(voter, f"b{epoch}")
        parent = f"b{epoch}"
    return stage


def test_the_middle_of_three_consecutive_epochs_is_final_with_all_below():
    stage = signed(PracticeChain("lesson"), 1, 3, 4, 5)
    assert (stage.notarized(), stage.final()) == (["b1", "b3", "b4", "b5"], ["b1", "b3", "b4"])
    journal = stage.end()
    assert [event.height for event in journal.of(BlockNotarized)] == [1, 2, 3, 4]
    assert [event.height for event in journal.of(BlockFinalized)] == [1, 2, 3]
    assert [event.time for event in journal] == sorted(event.time for event in journal)


def test_a_repeated_vote_counts_once_and_a_stranger_not_at_all():
    stage = signed(PracticeChain("lesson"), 1, voters=(0, 1, 1, 9))
    assert stage.notarized() == []
    journal = stage.end()
    assert [event.voter for event in journal.of(VoteCast)] == [0, 1]
    [refused] = journal.of(MessageRefused)
    assert (refused.sender, refused.reason, dict(refused.numbers)) == (9, "UNKNOWN_VALIDATOR", {"sender": 9, "last": 3})


def test_a_block_above_a_block_that_lacks_votes_waits_for_it():
    stage = signed(PracticeChain("lesson"), 1)
    stage.propose("b2", "b1", 2)
    stage.propose("b3", "b2", 3)
    for voter in (0, 1, 2):
        stage.vote(voter, "b3")
    assert stage.notarized() == ["b1"]
    for voter in (0, 1, 2):
        stage.vote(voter, "b2")
    assert stage.notarized() == ["b1", "b2", "b3"]
    assert stage.final() == ["b1", "b2"]


def test_only_the_longest_notarized_chain_may_be_extended():
    stage = signed(PracticeChain("lesson"), 1, 2)
    stage.propose("side", "b1", 3)
    assert [stage.may_vote(parent) for parent in ("genesis", "b1", "b2", "side")] == [False, False, True, False]
