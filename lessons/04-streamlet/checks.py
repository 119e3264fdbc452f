"""What an answer to 04-streamlet must do. Source of the rules: Chan and Shi, AFT 2020, section 3; what is right in a
whole run is what the product's own validators did in it."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed, VoteCast
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo


def chain(*epochs, start="genesis", prefix="b"):
    """Blocks in a row with these epochs."""
    blocks, parent = [], start
    for epoch in epochs:
        blocks.append({"name": f"{prefix}{epoch}", "parent": parent, "epoch": epoch})
        parent = f"{prefix}{epoch}"
    return blocks


def votes(block, *voters):
    return [(voter, block) for voter in voters]


@pytest.mark.points(2, task=1, hint="Two thirds, rounded up. Try five and seven validators, too.")
def test_the_quorum(student, partial):
    "a block needs the signatures of at least two thirds of the validators"
    cases = {4: 3, 5: 4, 6: 4, 7: 5, 10: 7, 100: 67}
    found = {validators: student.call("quorum", validators) for validators in cases}
    partial(sum(found[n] == needed for n, needed in cases.items()) / len(cases), "some sizes are right")
    assert found[7] != 4, "with 7 validators you want 4 signatures, a majority; two thirds of 7 are 5"
    assert found[5] != 3, "with 5 validators you want 3 signatures; two thirds of 5 are 3.33, so 4 are needed"
    assert found == cases, f"the quorums are {cases}, found {found}"


@pytest.mark.points(1, task=1, hint="Who voted twice has voted once; who is no validator has not voted.")
def test_votes_are_counted_by_voter(student):
    "every validator counts once, and strangers do not count"
    blocks = chain(1)
    found = names(student.call("notarized", blocks, votes("b1", 0, 1, 1, 1), 4))
    assert found == [], "validators 0 and 1 signed b1, one of them three times: these are two validators, not a quorum"
    found = names(student.call("notarized", blocks, votes("b1", 0, 1, 9), 4))
    assert found == [], "voter 9 is none of the validators 0, 1, 2, 3, so its signature does not count"
    found = names(student.call("notarized", blocks, votes("b1", 3, 0, 2), 4))
    assert found == ["b1"], f"three of four validators signed b1, so it is notarized; found {found}"


@pytest.mark.points(1, task=1, hint="Go through the blocks in their order and remember which are notarized so far.")
def test_a_chain_is_notarized_from_below(student):
    "a block whose parent is not notarized is not notarized either"
    blocks = chain(1, 2, 3)
    cast = votes("b1", 0, 1, 2) + votes("b2", 0, 1) + votes("b3", 0, 1, 2, 3)
    found = names(student.call("notarized", blocks, cast, 4))
    assert found != ["b1", "b3"], "b3 has four signatures, but its parent b2 is not notarized: so b3 is not, either"
    assert found == ["b1"], f"of b1, b2, b3 only b1 is notarized; found {found}"


@pytest.mark.points(2, task=2, hint="Compare epochs, not heights, and think of genesis with epoch 0.")
def test_the_middle_of_three(student, partial):
    "the middle one of three blocks with epochs in a row is final, with everything below it"
    cases = [
        ((5, 6, 7), ["b5", "b6"], "epochs 5, 6, 7 follow each other"),
        ((1, 3, 4, 5), ["b1", "b3", "b4"], "3, 4, 5 make block 4 final, and with it everything below, gaps or not"),
        ((1, 2), ["b1"], "genesis has epoch 0, and 0, 1, 2 follow each other"),
        ((2, 4, 6), [], "three blocks in a row, but their epochs do not follow each other"),
        ((2, 3, 5, 6), [], "two and two are not three"),
    ]
    for number, (epochs, expected, why) in enumerate(cases):
        blocks = chain(*epochs)
        found = names(student.call("final", blocks, [block["name"] for block in blocks]))
        third = f"b{epochs[-1]}"
        assert third not in found, (
            f"you made {third} final: of three blocks in a row the middle one is final, not the last"
        )
        assert found or not expected or epochs != (1, 2), (
            "genesis counts as the first of three: 0, 1, 2 make block 1 final"
        )
        assert found == expected, f"{why}: with epochs {epochs} final are {expected}, found {found}"
        partial((number + 1) / len(cases), f"{number + 1} of {len(cases)} chains are right")


@pytest.mark.points(1, task=2, hint="Follow the parents.")
def test_three_blocks_of_one_chain(student):
    "three blocks count only when each is the parent of the next"
    blocks = [*chain(1), *chain(3, start="b1", prefix="c"), *chain(4, start="b1", prefix="d")]
    blocks += chain(5, start="c3", prefix="e")
    found = names(student.call("final", blocks, [block["name"] for block in blocks]))
    assert found == [], f"epochs 3, 4 and 5 are there, but on two branches: nothing is final, found {found}"


@pytest.mark.points(1, task=3, hint="How long is the longest notarized chain, and how long is the parent's?")
def test_whom_a_validator_votes_for(student):
    "a validator votes only for a block on one of the longest notarized chains"
    blocks = [*chain(1, 2), *chain(3, start="b1", prefix="c")]
    everything = ["b1", "b2", "c3"]
    for parent in ("b2", "c3"):
        block = {"name": "new", "parent": parent, "epoch": 4}
        answer = student.call("may_vote", block, blocks, everything)
        assert answer is True, f"b2 and c3 end equally long chains, so a block on {parent} may be voted for"
    short = student.call("may_vote", {"name": "new", "parent": "b1", "epoch": 4}, blocks, everything)
    assert short is False, (
        "a block on b1 leaves a longer notarized chain behind: no vote for it, or blocks could be undone"
    )
    unsigned = student.call("may_vote", {"name": "new", "parent": "c3", "epoch": 4}, blocks, ["b1", "b2"])
    assert unsigned is False, "c3 is not notarized here: nobody votes for a block on it"


@pytest.mark.points(2, task=2, hint="The replay shows all blocks and votes; find the first block where you differ.")
def test_whole_runs(student, partial, seed, replay):
    "in whole runs, also with a silent validator, the same blocks are notarized and final as for the validators"
    luck = Random(seed)
    right = 0
    for number, byzantine in enumerate((None, f"n{luck.randrange(4)}:silent", f"n{luck.randrange(4)}:silent@3-6")):
        options = Options(seed=luck.randrange(1_000_000), epochs=11, settlement="none", byzantine=byzantine)
        journal = simulate(StreamletDemo(), options).journal
        blocks, cast, signed, settled = story(journal)
        found_signed = names(student.call("notarized", blocks, cast, 4))
        found_final = names(student.call("final", blocks, signed))
        wrong = found_signed != signed or found_final != settled
        if wrong and right == number:
            missed = next(iter(set(found_final).symmetric_difference(settled)), None)
            event = next((p for p, one in enumerate(journal) if getattr(one, "block", "")[:8] == missed), None)
            replay(journal, event)
        right += not wrong
        partial(
            right / 3,
            f"{right} of {number + 1} runs are right; with {byzantine or 'everybody honest'} {len(signed)} blocks are "
            f"notarized and {len(settled)} final, you found {len(found_signed)} and {len(found_final)}",
        )


# How the checks ask, and what the validators did


def names(found):
    assert isinstance(found, list | tuple) and all(isinstance(one, str) for one in found), (
        f"expected a list of names of blocks, found {str(found)[:80]}"
    )
    return list(found)


def story(journal):
    """The blocks and votes of a run, and which blocks its validators saw notarized and final."""
    genesis = next(journal.of(CommitteeSeated)).genesis
    blocks = [
        {
            "name": event.block[:8],
            "parent": "genesis" if event.parent == genesis else event.parent[:8],
            "epoch": event.epoch,
        }
        for event in journal.of(BlockProposed)
    ]
    cast = [(event.voter, event.block[:8]) for event in journal.of(VoteCast)]
    signed = {event.block[:8] for event in journal.of(BlockNotarized)}
    settled = {event.block[:8]: event.height for event in journal.of(BlockFinalized)}
    return (
        blocks,
        cast,
        [block["name"] for block in blocks if block["name"] in signed],
        sorted(settled, key=settled.__getitem__),
    )
