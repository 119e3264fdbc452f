"""Protocols side by side: what the table and the sentences say is counted once more, from other events."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from market_sim.analysis.protocol_figures import document, figures_of, final_chains, sentences
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import BlockProposed, VoteCast
from market_sim.core.protocols.events import BallotCast, BlockFinal, BlocksReverted
from market_sim.simulation.side_by_side import Question, side_by_side


@pytest.fixture(scope="module")
def split():
    return side_by_side(Question(partition="8-14"))


@pytest.fixture(scope="module")
def calm():
    return side_by_side(Question(epochs=12))


def longest_path(play) -> list[str]:
    """The longest chain of all that was proposed, of equally long ones the first."""
    paths: dict[str, list[str]] = {}
    for event in play.journal.of(BlockProposed):
        paths[event.block] = [*paths.get(event.parent, []), event.block]
    return max(paths.values(), key=len)


def signed_by_three(play) -> set[str]:
    votes = {(event.voter, event.block) for event in play.journal.of(VoteCast)}
    return {block for block, count in Counter(block for _, block in votes).items() if count >= 3}


def test_streamlets_final_blocks_are_those_that_the_votes_make_final(split):
    signed, epoch_of, parent_of = signed_by_three(split[0]), {}, {}
    for event in split[0].journal.of(BlockProposed):
        epoch_of[event.block], parent_of[event.block] = event.epoch, event.parent
    final: set[str] = set()
    for block in signed:
        middle = parent_of[block]
        first = epoch_of.get(parent_of.get(middle, ""), 0)
        if [first + 1, first + 2] == [epoch_of.get(middle), epoch_of[block]]:
            while middle in parent_of:
                final.add(middle)
                middle = parent_of[middle]
    assert figures_of(split[0]).final_blocks == len(final) == 22


def test_the_bfts_final_blocks_are_those_that_three_precommitted_in_one_epoch(split):
    ballots = {(event.epoch, event.block, event.voter) for event in split[1].journal.of(BallotCast)
               if event.phase == "precommit"}  # fmt: skip
    found = Counter((epoch, block) for epoch, block, _ in ballots)
    assert figures_of(split[1]).final_blocks == len({block for (_, block), count in found.items() if count >= 3})


def test_the_longest_chains_final_blocks_are_the_longest_path_without_its_end(split):
    path = longest_path(split[2])
    for chain in final_chains(split[2]).values():
        assert [chain[height][0] for height in sorted(chain)] == path[:-2], "three confirmations, its own the first"


def test_the_table_counts_waits_reversals_and_forks(split):
    for play in split:
        figures, proposed = figures_of(play), {}
        for event in play.journal.of(BlockProposed):
            proposed.setdefault(event.block, event.time)
        waits = []
        for validator in play.honest:
            since, undone = {}, set()
            for event in reversed(list(play.journal)):
                if isinstance(event, BlocksReverted) and event.validator == validator:
                    undone.update(event.blocks[: event.final])
                elif isinstance(event, BlockFinal) and event.validator == validator and event.block not in undone:
                    since.setdefault(event.block, event.time)
            waits += [time - proposed[block] for block, time in since.items()]
        assert figures.mean_wait == pytest.approx(sum(waits) / len(waits) / 1e9)
        assert figures.longest_wait == pytest.approx(max(waits) / 1e9)
        parents = [event.parent for event in play.journal.of(BlockProposed)]
        assert figures.forks == len({parent for parent in parents if parents.count(parent) > 1})
    path = longest_path(split[2])
    orphans = {event.block for event in split[2].journal.of(BlockProposed)} - set(path)
    assert figures_of(split[2]).reverted == len(orphans) == 6, "everything beside the longest path was on a chain once"


def test_what_a_partition_did_is_said_and_true(split):
    streamlet, bft, longest = sentences(split)
    for said, play in ((streamlet, split[0]), (bft, split[1])):
        epochs = [event.epoch for event in play.journal.of(BlockFinal)]
        assert not [epoch for epoch in epochs if 8 <= epoch <= 14]
        assert "stops during the partition: no block becomes final from epoch 8 to 14" in said
        assert said.endswith(f"the next one does in epoch {min(epoch for epoch in epochs if epoch > 14)}.")
    sides = []
    for side in ((0, 1), (2, 3)):
        events = [event for event in longest_events(split[2]) if event.validator in side]
        sides.append(len({event.block for event in events}))
    both = f"{sides[0]} blocks on the side of n0 and n1 and {sides[1]} on the side of n2 and n3 become final"
    assert both in longest
    gone = {block for event in split[2].journal.of(BlocksReverted) for block in event.blocks}
    was_final = gone & {event.block for event in split[2].journal.of(BlockFinal)}
    assert longest.endswith(
        f"{len(gone)} blocks are reverted when it ends, {len(was_final)} of them after being final."
    )
    assert len(was_final) == 4


def longest_events(play):
    """What became final during the split, by time."""
    start, end = 8 * 10**9, 15 * 10**9
    return [event for event in play.journal.of(BlockFinal) if start <= event.time < end]


def test_a_smaller_side_stops_and_a_quorum_goes_on():
    for said in sentences(side_by_side(Question(epochs=16, partition="5-9:0+1+2|3")))[:2]:
        assert "on one side of the partition" in said
        assert "on the side of n0, n1 and n2" in said
        assert "none on the side of n3" in said


def test_calm_runs_say_how_long_a_block_waits(calm):
    for play, said in zip(calm, sentences(calm), strict=True):
        figures = figures_of(play)
        assert f"{figures.final_blocks} final blocks in 12 epochs, {figures.mean_wait:.2f} epochs after" in said
        assert said.endswith("no block is reverted.")
    waits = [figures_of(play).mean_wait for play in calm]
    assert waits[1] < waits[0] < waits[2]


def test_beyond_the_bound_the_sentence_says_that_safety_is_lost():
    byzantine = "n1:two-faced,n2:two-faced"
    asked = Question(epochs=10, byzantine=byzantine, beyond_the_bound=True)
    said = " ".join(sentences(side_by_side(asked)))
    assert "Streamlet loses safety" in said
    assert "The two-phase BFT loses safety" in said
    assert "In the longest chain n1 cannot be two-faced" in said


def test_the_same_question_has_the_same_answer(calm):
    again = side_by_side(Question(epochs=12))
    assert document(calm) == document(again)
    assert document(calm) != document(side_by_side(Question(epochs=12, seed=8)))


STORED = {
    "Streamlet": "b98d883e35b7",
    "two-phase BFT": "9bfdd8732e41",
    "longest chain": "7e1b95fe46d9",
}


def test_the_fingerprints_are_those_that_are_stored(split):
    """Whoever changes them on purpose says why in the commit that stores new ones."""
    assert {play.protocol: figures_of(play).fingerprint[:12] for play in split} == STORED


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"epochs": 2}, "from 3 to 300, found 2"),
        ({"validators": 17}, "from 4 to 16, found 17"),
        ({"confirmations": 0}, "from 1 to 100, found 0"),
        ({"byzantine": "n3:flood"}, "silent, crash, late, withhold, two-faced, found 'flood'"),
        ({"byzantine": "n1:silent,n2:silent"}, "--beyond-the-bound"),
        ({"partition": "8-x"}, "epochs look like 5 or 5-9"),
        ({"crash": "n9@3-4"}, "there is no validator n9"),
        ({"crash": "n3@3-4", "byzantine": "n3:silent"}, "n3 is byzantine"),
    ],
)
def test_a_wrong_question_gets_one_sentence(wrong, says):
    with pytest.raises(InputError, match=re.escape(says)):
        side_by_side(Question(**wrong))
