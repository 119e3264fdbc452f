"""What an answer to 04-streamlet must do. Source of the rules: Chan and Shi, AFT 2020, section 3; what is right in a
whole run is what the product's own validators did in it."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.consensus.finality import Conflict
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, BlockProposed, VoteCast
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.course.practice_chain import PracticeChain
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

HISTORIES = 30


def chain(*epochs, start="genesis", prefix="b"):
    """Blocks in a row with these epochs."""
    blocks, parent = [], start
    for epoch in epochs:
        blocks.append({"name": f"{prefix}{epoch}", "parent": parent, "epoch": epoch})
        parent = f"{prefix}{epoch}"
    return blocks


def votes(block, *voters):
    return [(voter, block) for voter in voters]


@pytest.mark.points(1, task=1, hint="Two thirds, rounded up. Try five and seven validators, too.")
def test_the_quorum(student, partial):
    "a block needs the signatures of at least two thirds of the validators"
    cases = {4: 3, 5: 4, 6: 4, 7: 5, 10: 7, 100: 67}
    found = {validators: student.call("quorum", validators) for validators in cases}
    partial(sum(found[n] == needed for n, needed in cases.items()) / len(cases), "some sizes are right")
    assert found[7] != 4, "with 7 validators you want 4 signatures, a majority; two thirds of 7, rounded up, are 5"
    assert found[5] != 3, "with 5 validators you want 3 signatures; two thirds of 5 are more than 3, so 4 are needed"
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


@pytest.mark.points(1, task=2, hint="Compare epochs, not heights, and think of genesis with epoch 0.")
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
        partial((number + 1) / (len(cases) + 1), f"{number + 1} of {len(cases) + 1} chains are right")
    blocks = [*chain(1), *chain(3, start="b1", prefix="c"), *chain(4, start="b1", prefix="d")]
    blocks += chain(5, start="c3", prefix="e")
    found = names(student.call("final", blocks, [block["name"] for block in blocks]))
    assert found == [], f"epochs 3, 4 and 5 are there, but on two branches: nothing is final, found {found}"
    partial(1, "")


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


@pytest.mark.points(4, task=3, hint="The replay shows the first history in which you differ: count its votes by hand.")
def test_histories_with_gaps_forks_and_strangers(student, partial, seed, replay):
    "thirty random histories with forks: what is notarized and final, and who is voted for"
    luck = Random(seed)
    for right in range(HISTORIES):
        validators = (7, 4, 5)[right % 3]
        blocks, cast, stage = history(luck, validators, seed)
        partial(right / HISTORIES, f"{right} of {HISTORIES} histories are right until the first that differs")
        signed, settled = stage.notarized(), stage.final()
        new = {"name": "new", "parent": luck.choice(["genesis", *(one["name"] for one in blocks)]), "epoch": 99}
        allowed = stage.may_vote(new["parent"])
        journal = stage.end()
        where = f"history {right + 1} of {HISTORIES}, {validators} validators"
        for function, expected, given in (
            ("notarized", signed, (blocks, cast, validators)),
            ("final", settled, (blocks, signed)),
            ("may_vote", allowed, (new, blocks, signed)),
        ):
            found = student.call(function, *given)
            replay(journal, None, f"{function}(...) with {validators} validators", expected, found)
            subject = f"may_vote for a block on {new['parent']}" if function == "may_vote" else function
            assert found == expected, f"{where}: {subject} is {expected}, found {str(found)[:80]}; {told(blocks, cast)}"
    partial(1, "")


@pytest.mark.points(1, task=2, hint="The replay shows all blocks and votes; find the first block where you differ.")
def test_whole_runs(student, partial, seed, replay):
    "three whole runs, two with a silent validator, come out as for the validators"
    luck = Random(seed)
    for right, byzantine in enumerate((None, f"n{luck.randrange(4)}:silent", f"n{luck.randrange(4)}:silent@3-6")):
        options = Options(seed=luck.randrange(1_000_000), epochs=11, settlement="none", byzantine=byzantine)
        journal = simulate(StreamletDemo(), options).journal
        blocks, cast, signed, settled = story(journal)
        found_signed = names(student.call("notarized", blocks, cast, 4))
        found_final = names(student.call("final", blocks, signed))
        partial(right / 3, f"{right} of 3 runs are right until the first that differs")
        asked, expected, found = "notarized(...)", signed, found_signed
        if found == expected:
            asked, expected, found = "final(...)", settled, found_final
        if found != expected:
            missed = next((name for name in [*found, *expected] if (name in found) != (name in expected)), None)
            event = next((p for p, one in enumerate(journal) if getattr(one, "block", "")[:8] == missed), None)
            replay(journal, event, asked, expected, found)
        assert found == expected, (
            f"run {right + 1} of 3, with {byzantine or 'everybody honest'}: {len(signed)} blocks are notarized and "
            f"{len(settled)} final, you found {len(found_signed)} and {len(found_final)}"
        )
    partial(1, "")


# How the checks ask, and what the validators did


def names(found):
    assert isinstance(found, list | tuple) and all(isinstance(one, str) for one in found), (
        f"expected a list of names of blocks, found {str(found)[:80]}"
    )
    return list(found)


def history(luck, validators, seed):
    """Blocks and votes with gaps, forks, repeated votes and votes of strangers, played by the product's rules."""
    while True:
        try:
            return play(luck, PracticeChain("lesson 04-streamlet", validators, seed))
        except Conflict:
            continue  # so many liars that two final chains fork: nothing is right then


def play(luck, stage):
    blocks, cast, epoch, tip, validators = [], [], 0, "genesis", stage.rules.validators
    for number in range(1, luck.randint(6, 9)):
        epoch += luck.choice([1, 1, 1, 2])
        parent = tip if luck.random() < 0.8 else luck.choice(["genesis", *(one["name"] for one in blocks)])
        block = {"name": f"b{number}", "parent": parent, "epoch": epoch}
        stage.propose(**block)
        if luck.random() < 0.25:  # one signature short of a quorum, with one that comes twice and one of a stranger
            voters = luck.sample(range(validators), stage.rules.quorum - 1)
            voters += [voters[0], validators + luck.randint(0, 3)]
        else:
            voters = luck.sample(range(validators), luck.randint(stage.rules.quorum, validators))
        for voter in voters:
            stage.vote(voter, block["name"])
        blocks.append(block)
        cast += votes(block["name"], *voters)
        tip = block["name"]
    return blocks, cast, stage


def told(blocks, cast):
    """A history in few words: each block with its epoch, its parent and who signed it."""
    signed = {block["name"]: [voter for voter, name in cast if name == block["name"]] for block in blocks}
    return ", ".join(
        f"{one['name']} (epoch {one['epoch']}) on {one['parent']} by {signed[one['name']]}" for one in blocks
    )


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
