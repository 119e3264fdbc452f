"""What an answer to 07-break-it must do. Whether an attack works is decided by playing it with the product's own
committee; what a quorum is stands in Chan and Shi, AFT 2020, section 3."""

from __future__ import annotations

from random import Random

import pytest

from market_sim import Options, simulate
from market_sim.core.consensus.blocks import Rules
from market_sim.core.models.consensus_events import BlockFinalized, BlockNotarized, SafetyViolated, VoteCast
from market_sim.core.models.run_events import CommitteeSeated
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

WAYS = ("silent", "two-faced", "equivocate", "withhold", "late", "double-vote")
EPOCHS = 8
SEED = 7
SIZES = (4, 5, 6, 7, 9, 10, 100)


def share(validators):
    """How many validators two quorums have in common at least."""
    return 2 * Rules(validators).quorum - validators


@pytest.mark.points(1, task=1, hint="Write two quorums above each other, one from the left, one from the right.")
def test_how_many_liars_it_takes(student):
    "the fewest liars that fork a committee, and the fewest that stall it"
    fork = {validators: student.call("to_fork", validators) for validators in SIZES}
    stall = {validators: student.call("to_stall", validators) for validators in SIZES}
    expected = {validators: share(validators) for validators in SIZES}
    for validators, found in fork.items():
        quorum = Rules(validators).quorum
        assert found == expected[validators], (
            f"{validators} validators: two quorums of {quorum} share at least {expected[validators]}, and all of those "
            f"must lie; to_fork({validators}) is {str(found)[:20]}"
        )
    for validators, found in stall.items():
        needed = validators - Rules(validators).quorum + 1
        assert found == needed, (
            f"{validators} validators: {needed - 1} may be missing from a quorum, {needed} may not; "
            f"to_stall({validators}) is {str(found)[:20]}"
        )


@pytest.mark.points(1, task=1, hint="The replay shows a run with as many liars as you say. Count the signatures.")
def test_the_counts_hold_in_real_runs(student, replay):
    "with as many liars as you say real committees fork and stall, with one fewer they do not"
    for validators in (5, 6, 7):
        for name, how, happens in (("to_fork", "two-faced", forks), ("to_stall", "silent", stalls)):
            said = student.call(name, validators)
            assert isinstance(said, int) and 1 <= said < validators, (
                f"{name}({validators}) must be a number from 1 to {validators - 1}, found {str(said)[:20]}"
            )
            for liars in (said, said - 1):
                epochs = range(1, 4 if how == "two-faced" else EPOCHS + 1)
                schedule = [(epoch, liar, how) for epoch in epochs for liar in range(1, liars + 1)]
                journal = played(schedule, validators)
                right, found = liars == said, happens(journal)
                replay(journal, None, f"{name}({validators})", share_of(name, validators), said)
                assert found == right, (
                    f"{validators} validators, of which {liars} are {how}: the run {'does' if found else 'does not'} "
                    f"{name[3:]}, and by your {name}({validators}) = {said} it {'should' if right else 'should not'}"
                )


@pytest.mark.points(1, task=2, hint="Two honest validators, one on each side. Whose votes can both sides count?")
def test_two_of_four_finalize_two_chains(student, replay):
    "your schedule for four validators makes two honest ones hold different final blocks"
    schedule = checked(student.call("attack", 4), 4)
    journal = played(schedule, 4)
    replay(journal, first_lie(journal, schedule), "attack(4)", "two final blocks at one height", outcome(journal))
    assert forks(journal), why_not(schedule, 4, journal)


@pytest.mark.points(1, task=2, hint="Leave out one step after the other. Does the attack still work?")
def test_no_step_is_too_many_and_one_liar_is_too_few(student, replay):
    "without any of its steps your attack fails, and so does what one of its liars does alone"
    schedule = checked(student.call("attack", 4), 4)
    assert forks(played(schedule, 4)), "an attack that does not work yet has no step that it needs: make it work first"
    for step in schedule:
        journal = played([one for one in schedule if one != step], 4)
        replay(journal, None, f"attack(4) without {step}", "no fork", outcome(journal))
        assert not forks(journal), f"the attack works without its step {step}, too: lie no more than you must"
    for who in sorted({who for _, who, _ in schedule}):
        journal = played([step for step in schedule if step[1] == who], 4)
        replay(journal, None, f"the steps of validator {who} alone", "no fork", outcome(journal))
        assert not forks(journal), f"validator {who} alone forked the committee: that must never happen"


@pytest.mark.points(1, task=3, hint="Collect for each epoch and voter the blocks that it signed.")
def test_who_is_convicted(student):
    "two blocks of one epoch convict their signer; nothing else does"
    cases = [
        ([(1, 0, "a"), (1, 1, "a"), (2, 0, "b")], [], "signing one block in each epoch is what honest validators do"),
        ([(1, 0, "a"), (1, 0, "a")], [], "the same vote twice is one vote that was passed on"),
        ([(3, 2, "a"), (3, 1, "a"), (3, 2, "b")], [2], "validator 2 signed a and b in epoch 3"),
        ([(1, 3, "a"), (2, 3, "a")], [], "one block twice is no lie about which block it is"),
        ([(5, 3, "x"), (5, 1, "x"), (5, 1, "y"), (5, 3, "y")], [1, 3], "validators 1 and 3 signed x and y in epoch 5"),
    ]
    for votes, expected, why in cases:
        found = student.call("convict", list(votes))
        assert isinstance(found, list), f"convict(votes) returns a list of validators, found {str(found)[:40]}"
        assert found == expected, f"{why}: of the votes {votes} convict {expected}, found {str(found)[:40]}"


@pytest.mark.points(1, task=3, hint="The replay shows the run. An honest validator must never be convicted.")
def test_honest_runs_convict_nobody(student, seed, replay):
    "in runs with silent and late validators no validator is convicted"
    luck = Random(seed)
    for how in ("silent", "late"):
        journal = played([(epoch, luck.randrange(4), how) for epoch in (2, 3, 4)], 4)
        found = student.call("convict", votes_of(journal))
        replay(journal, None, "convict(votes)", [], found)
        assert found == [], f"no validator signed two blocks of one epoch in this run, you convict {str(found)[:40]}"
    pair = played([(epoch, liar, "two-faced") for epoch in (1, 2) for liar in (1, 2)], 4)
    found = student.call("convict", votes_of(pair))
    replay(pair, None, "convict(votes)", [1, 2], found)
    assert found == [1, 2], f"validators 1 and 2 showed two faces in epochs 1 and 2, you convict {str(found)[:40]}"


@pytest.mark.points(
    4, task=2, hint="Solve the other checks first; then the replay shows the first committee that holds."
)
def test_committees_of_other_sizes(student, partial, replay):
    "committees of 5, 6 and 7: the fewest liars, an attack that forks, and exactly the liars convicted"
    sizes = (5, 6, 7)
    for done, validators in enumerate(sizes):
        partial(done / len(sizes), f"{done} of {len(sizes)} committees are broken until the first that holds")
        schedule = checked(student.call("attack", validators), validators)
        journal = played(schedule, validators)
        liars = sorted({who for _, who, _ in schedule})
        replay(journal, first_lie(journal, schedule), f"attack({validators})", "a fork", outcome(journal))
        assert forks(journal), why_not(schedule, validators, journal)
        assert len(liars) == share(validators) == student.call("to_fork", validators), (
            f"{share(validators)} liars are enough for {validators} validators; your attack has {len(liars)}, and "
            f"to_fork({validators}) is {student.call('to_fork', validators)}"
        )
        found = student.call("convict", votes_of(journal))
        replay(journal, None, "convict(votes)", liars, found)
        assert found == liars, f"{validators} validators, of which {liars} lied: you convict {str(found)[:40]}"
    partial(1, "")


# How a schedule is read and played, and what came of it


def checked(schedule, validators):
    """The steps of a schedule, each of which a person could have typed."""
    assert isinstance(schedule, list) and schedule, (
        f"attack({validators}) must return a list of steps (epoch, who, how) with at least one step, "
        f"found {str(schedule)[:40]}"
    )
    steps = []
    for step in schedule:
        assert isinstance(step, list | tuple) and len(step) == 3, f"a step is (epoch, who, how), found {str(step)[:60]}"
        epoch, who, how = step
        assert type(epoch) is int and 1 <= epoch <= EPOCHS, f"the epochs are 1 to {EPOCHS}, found {str(step)[:60]}"
        assert type(who) is int and 0 <= who < validators, (
            f"the validators are 0 to {validators - 1}, found {str(step)[:60]}"
        )
        assert how in WAYS, f"the ways to lie are {', '.join(WAYS)}, found {str(step)[:60]}"
        steps.append((epoch, who, how))
    assert len({who for _, who, _ in steps}) < validators, (
        "when all validators lie, no honest ones are left to disagree"
    )
    return steps


def played(schedule, validators):
    """The run of a schedule; without steps all validators are honest."""
    typed = ",".join(f"n{who}:{how}@{epoch}" for epoch, who, how in dict.fromkeys(schedule))
    options = Options(
        seed=SEED, epochs=EPOCHS, settlement="none", validators=validators, byzantine=typed or None,
        beyond_the_bound=True,
    )  # fmt: skip
    return simulate(StreamletDemo(), options).journal


def honest(journal):
    """The validators that follow the rules in every epoch."""
    seated = next(journal.of(CommitteeSeated))
    return set(range(seated.validators)) - set(seated.byzantine)


def honest_final(journal):
    """The final blocks by height, as honest validators see them."""
    chains, members = {}, honest(journal)
    for event in journal.of(BlockFinalized):
        if event.validator in members:
            chains.setdefault(event.height, set()).add(event.block)
    return chains


def forks(journal):
    """Whether two honest validators hold different final blocks."""
    broken = any(event.validator in honest(journal) for event in journal.of(SafetyViolated))
    return broken or any(len(blocks) > 1 for blocks in honest_final(journal).values())


def stalls(journal):
    """Whether no honest validator saw a block with a quorum."""
    return not any(event.validator in honest(journal) for event in journal.of(BlockNotarized))


def outcome(journal):
    """What became of a run, in a few words."""
    final = honest_final(journal)
    if forks(journal):
        height = min((one for one, blocks in final.items() if len(blocks) > 1), default=0)
        return f"two final blocks at height {height}"
    return f"{len(final)} final blocks, and all honest validators agree"


def share_of(name, validators):
    """What one of the two functions of task 1 has to return."""
    return share(validators) if name == "to_fork" else validators - Rules(validators).quorum + 1


def votes_of(journal):
    """All votes of a run; validators pass on what they hear, so some come twice."""
    votes = [(event.epoch, event.voter, event.block[:8]) for event in journal.of(VoteCast)]
    return votes + votes[::3]


def first_lie(journal, schedule):
    """The place in the journal at which the first epoch of a schedule has its last vote."""
    first = min(epoch for epoch, _, _ in schedule)
    places = [place for place, event in enumerate(journal) if isinstance(event, VoteCast) and event.epoch == first]
    return places[-1] if places else None


def why_not(schedule, validators, journal):
    """Why an attack did not work, by the first thing that it lacks."""
    liars = sorted({who for _, who, _ in schedule})
    needed, quorum = share(validators), Rules(validators).quorum
    if not any(how in ("two-faced", "equivocate", "double-vote") for _, _, how in schedule):
        return (
            "no step of your schedule makes a validator sign two blocks, so no two blocks get a quorum: silence and "
            f"delay can stall a committee and never fork it; {outcome(journal)}"
        )
    if len(liars) < needed:
        return (
            f"two quorums of {quorum} among {validators} share at least {needed}; with {len(liars)} of them lying an "
            f"honest one is in both, and it votes once; {outcome(journal)}"
        )
    lying = {epoch for epoch, _, how in schedule if how == "two-faced"}
    led = sorted(epoch for epoch in lying if (epoch, epoch % validators, "two-faced") in schedule)
    if not led:
        return (
            "in no epoch does its leader show two faces, so there is one block to vote for in each; the leader of "
            f"epoch e is validator e % {validators}; {outcome(journal)}"
        )
    if not any(epoch + 1 in led for epoch in led):
        return (
            f"the leader shows two faces in epochs {led}, and two in a row are needed: two blocks of one height are "
            f"notarized and not final yet; {outcome(journal)}"
        )
    return f"in some epoch a side lacks the vote of a liar, so it has no quorum of {quorum}; {outcome(journal)}"
