"""What an answer to 08-after-the-storm must do. Sources: Dwork, Lynch and Stockmeyer 1988 for the bound on a message,
Chan and Shi, AFT 2020, section 3 for finality; what is right in a run is what the product's validators did in it."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.consensus.blocks import Rules
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockProposed,
    NetworkFault,
    ProposalJudged,
    VoteCast,
)
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

DELTA = Rules().delta_ns
MS = 1_000_000


@pytest.mark.points(1, task=1, hint="When does it leave, at the latest? And how long does it travel then?")
def test_when_a_message_arrives(student):
    "a message arrives within delta, counted from its sending or from the moment of stability"
    cases = [
        ((10, 4, 3), 13, "sent at 10, after the network is stable: it takes 3 at most"),
        ((2, 50, 3), 53, "sent at 2 and held back until 50: it travels then, for 3 at most"),
        ((50, 50, 3), 53, "sent at the very moment of stability"),
        ((0, 0, 7), 7, "the network is stable from the beginning"),
    ]
    for given, expected, why in cases:
        found = student.call("arrives_by", *given)
        assert found == expected, f"{why}; arrives_by{given} is {expected}, found {str(found)[:40]}"


@pytest.mark.points(
    1, task=1, hint="The replay shows a block proposed during the split, and when the other half saw it."
)
def test_the_messages_of_a_split(student, replay):
    "no proposal of a real split arrives later than you say, and one later than the split"
    journal = stormy(4, 6, 7)
    for place, sent, arrived, bound in arrivals(journal):
        until = bound - DELTA
        found = student.call("arrives_by", sent // MS, until // MS, DELTA // MS)
        replay(journal, place, "arrives_by(...)", bound // MS, found)
        assert found == bound // MS, (
            f"proposed at {sent // MS} ms during a split that ends at {until // MS} ms, delta {DELTA // MS} ms: it "
            f"came at {arrived // MS} ms and may come until {bound // MS} ms, you say {str(found)[:40]}"
        )


@pytest.mark.points(1, task=2, hint="Write the epochs in a row and cross out those that the silent validator leads.")
def test_when_finality_returns(student):
    "finality returns with the third block in a row"
    cases = [
        ((7, None, 4), 9, "the blocks of 7, 8 and 9 are three in a row"),
        ((7, 2, 4), 9, "validator 2 leads 6 and 10, so 7, 8 and 9 have blocks"),
        ((7, 0, 4), 11, "validator 0 leads 8, so the first three in a row are 9, 10 and 11"),
        ((7, 1, 4), 12, "validator 1 leads 9, so the first three in a row are 10, 11 and 12"),
        ((5, 6, 7), 9, "of seven validators number 6 leads 6, so the first three in a row are 7, 8 and 9"),
    ]
    for given, expected, why in cases:
        found = student.call("first_final", *given)
        assert found == expected, f"{why}: first_final{given} is {expected}, found {str(found)[:40]}"


@pytest.mark.points(1, task=2, hint="The replay shows the run; count the blocks in a row after the split.")
def test_finality_in_real_storms(student, replay):
    "after three real splits the next block becomes final in the epoch that you say"
    for first, last, silent in ((4, 6, 1), (3, 4, 0), (5, 7, None)):
        journal = stormy(first, last, 7, silent)
        place, epoch = next_final(journal, last)
        found = student.call("first_final", last + 1, silent, 4)
        replay(journal, place, f"first_final({last + 1}, {silent}, 4)", epoch, found)
        assert found == epoch, (
            f"a split of epochs {first} to {last}, {silent_words(silent)}: the next block becomes final in epoch "
            f"{epoch}, you say {str(found)[:40]}"
        )


@pytest.mark.points(1, task=3, hint="Compare with both numbers on the disk, and mind what equal means for each.")
def test_what_the_disk_forbids(student):
    "a validator signs once in an epoch and never below its lock"
    disk = {"epoch": 5, "lock": 3}
    cases = [
        ((6, 3), True, "a later epoch on a parent at the height of the lock"),
        ((6, 4), True, "a later epoch on a higher parent"),
        ((5, 4), False, "it signed in epoch 5 already"),
        ((4, 4), False, "it signed in a later epoch already"),
        ((6, 2), False, "the parent is lower than the lock"),
    ]
    for (epoch, height), may, why in cases:
        steps = stepped(student.call("vote", dict(disk), epoch, height))
        assert ("send" in [kind for kind, _ in steps]) == may, (
            f"disk {disk}, asked for epoch {epoch} on height {height}: {why}, so it {'signs' if may else 'refuses'}; "
            f"you return {str(steps)[:80]}"
        )


@pytest.mark.points(
    1, task=3, hint="The power fails between your steps. Which order leaves no vote that the disk denies?"
)
def test_power_cuts(student, replay):
    "after a power cut between any two steps, a vote that left is never followed by one that it forbids"
    journal = simulate(StreamletDemo(), Options(seed=7, epochs=9, settlement="none", crash="n2@4-5")).journal
    disk = {"epoch": 0, "lock": 0}
    for place, epoch, height in signed_by(journal, 2):
        steps = stepped(student.call("vote", dict(disk), epoch, height))
        asked = f"vote({disk}, {epoch}, {height})"
        replay(journal, place, asked, "write, then send", steps)
        assert steps, (
            f"validator 2 signed in epoch {epoch} of this run, on height {height}; with the disk {disk} you refuse"
        )
        for cut in range(len(steps) + 1):
            problem = after_power_cut(student, disk, steps[:cut], epoch, height)
            replay(
                journal, place, f"{asked}, power fails after step {cut}", "no vote that the first one forbids", steps
            )
            assert not problem, problem
        disk = written(disk, steps)


@pytest.mark.points(4, task=2, hint="Solve the other checks first; then the replay shows the first storm that differs.")
def test_storms_with_crashes(student, partial, seed, replay):
    "four whole storms with a silent validator: arrivals, finality, and a disk that survives"
    luck = Random(seed)
    storms = [(4, 6, 1), (3, 5, 0), (4, 5, luck.randrange(4)), (3, 6, luck.randrange(4))]
    for done, (first, last, silent) in enumerate(storms):
        partial(done / len(storms), f"{done} of {len(storms)} storms are right until the first that differs")
        journal = stormy(first, last, luck.randrange(1_000), silent)
        where = f"storm {done + 1} of {len(storms)}, epochs {first} to {last}, {silent_words(silent)}"
        for place, sent, _, bound in arrivals(journal):
            found = student.call("arrives_by", sent, bound - DELTA, DELTA)
            replay(journal, place, "arrives_by(...)", bound, found)
            assert found == bound, (
                f"{where}: what was sent at {sent} ns may come until {bound} ns, you say {str(found)[:40]}"
            )
        place, epoch = next_final(journal, last)
        found = student.call("first_final", last + 1, silent, 4)
        replay(journal, place, f"first_final({last + 1}, {silent}, 4)", epoch, found)
        assert found == epoch, f"{where}: the next block becomes final in epoch {epoch}, you say {str(found)[:40]}"
        disk, honest = {"epoch": 0, "lock": 0}, (silent + 1) % 4
        for place, epoch, height in signed_by(journal, honest):
            steps = stepped(student.call("vote", dict(disk), epoch, height))
            replay(journal, place, f"vote({disk}, {epoch}, {height})", "write, then send", steps)
            assert [kind for kind, _ in steps] == ["write", "send"], (
                f"{where}: validator {honest} signed in epoch {epoch} on height {height}, first on its disk and then "
                f"to the others; you return {str(steps)[:80]}"
            )
            problem = after_power_cut(student, disk, steps, epoch, height)
            assert not problem, f"{where}: {problem}"
            disk = written(disk, steps)
    partial(1, "")


# The storms, and what happened in them


def stormy(first, last, seed, silent=None):
    """A run whose halves do not hear each other in these epochs."""
    byzantine = None if silent is None else f"n{silent}:silent"
    options = Options(
        seed=seed, epochs=last + 8, settlement="none", partition=f"{first}-{last}:0+1|2+3", byzantine=byzantine
    )
    return simulate(StreamletDemo(), options).journal


def arrivals(journal):
    """Each proposal of the split that came late: its place, when it left and came, and the latest moment."""
    cut = next(journal.of(NetworkFault))
    sent = {event.block: (place, event.time) for place, event in enumerate(journal) if isinstance(event, BlockProposed)}
    late = {}
    for event in journal.of(ProposalJudged):
        if event.reason == "LATE_PROPOSAL" and cut.time <= sent[event.block][1] < cut.until:
            late.setdefault(event.block, event.time)
    return [(*sent[block], time, max(sent[block][1], cut.until) + DELTA) for block, time in late.items()]


def next_final(journal, last):
    """The first block that became final after a split: the place of the event and its epoch."""
    return next(
        (place, event.epoch) for place, event in enumerate(journal)
        if isinstance(event, BlockFinalized) and event.epoch > last
    )  # fmt: skip


def signed_by(journal, validator):
    """The votes of a validator: the place of the event, the epoch, and the height of the parent."""
    height = {event.block: event.height for event in journal.of(BlockProposed)}
    return [
        (place, event.epoch, height[event.block] - 1) for place, event in enumerate(journal)
        if isinstance(event, VoteCast) and event.voter == validator
    ]  # fmt: skip


def silent_words(silent):
    """Who is silent, in words."""
    return "nobody silent" if silent is None else f"validator {silent} silent"


# How steps are read, and what a power cut leaves


def stepped(steps):
    """The steps of a vote as (kind, disk)."""
    assert isinstance(steps, list), f'vote must return a list of ("write", disk) and ("send",), found {str(steps)[:60]}'
    read = []
    for step in steps:
        is_sent = isinstance(step, list | tuple) and list(step) == ["send"]
        is_written = isinstance(step, list | tuple) and len(step) == 2 and step[0] == "write" and is_disk(step[1])
        assert is_sent or is_written, (
            f'a step is ("write", {{"epoch": ..., "lock": ...}}) or ("send",), found {str(step)[:60]}'
        )
        read.append(("send", None) if is_sent else ("write", dict(step[1])))
    return read


def is_disk(disk):
    """Whether this can be read as the two numbers of a disk."""
    return isinstance(disk, dict) and set(disk) == {"epoch", "lock"} and all(type(one) is int for one in disk.values())


def written(disk, steps):
    """The disk after these steps."""
    return next((found for kind, found in reversed(steps) if kind == "write"), disk)


def after_power_cut(student, disk, steps, epoch, height):
    """What a validator that restarts from its disk may not do, when its vote had left; empty when it does not."""
    if ("send", None) not in steps:
        return ""
    left = written(disk, steps)
    forbidden = [(epoch, height + 1, f"signs a second block of epoch {epoch}")]
    if height > 0:
        forbidden.append((epoch + 1, height - 1, f"helps a chain of height {height - 1}, below what it signed on"))
    for again, parent, what in forbidden:
        if ("send", None) in stepped(student.call("vote", dict(left), again, parent)):
            return (
                f"the vote of epoch {epoch} on height {height} left, and the power failed with the disk {left}: the "
                f"validator comes back and {what}"
            )
    return ""
