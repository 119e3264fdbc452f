"""Many seeded schedules with liars, bad weather and crashes: two finalized chains never disagree.

The monitors judge every step, so a schedule that breaks a rule raises even if its end looks right. A harness that
never makes the interesting case proves nothing: what the schedules contained is counted and demanded below.

These 120, of which an ordinary run plays 60, meet every reason but one to refuse a message as well;
test_consensus_campaign.py plays many more of another mixture. CONSENSUS_SCHEDULES=10000 asks for more,
CONSENSUS_VALIDATORS=7 for a size. The seed of a schedule that fails is in the error.
"""

from __future__ import annotations

import os

import pytest

from market_sim.core.consensus.monitors import Monitors
from market_sim.core.models.consensus_events import BlockFinalized, EquivocationSeen, SafetyViolated
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from tests.integration.consensus_schedules import (
    EPOCHS,
    FAULTS,
    IN_CI,
    IN_CONSENSUS,
    Census,
    attacked,
    counted,
    forgetful,
)
from tests.unit.core.consensus.table import NameTags, Seats, run_committee

SCHEDULES = int(os.environ.get("CONSENSUS_SCHEDULES", "120" if IN_CI else "60"))
FORGETFUL = 30 if IN_CI else 8
FRIENDLY = 40


NOT_MET = "DUPLICATE_VOTE"
"""It takes a second valid signature under one vote, which no behaviour makes; tests/test_streamlet.py does."""
PLAYED = [*((attacked, seed) for seed in range(SCHEDULES)), *((forgetful, seed) for seed in range(FORGETFUL))]


@pytest.fixture(scope="module")
def census() -> Census:
    """All attacked schedules, run once; a monitor that hits raises here."""
    total = Census()
    for one in map(counted, PLAYED):
        total.add(one)
    print(f"{SCHEDULES} schedules: {total}")
    return total


@pytest.mark.thorough
def test_no_schedule_within_the_bound_breaks_an_invariant(census):
    assert census.kinds["MonitorHit"] == 0
    assert census.kinds["SafetyViolated"] == 0


@pytest.mark.thorough
def test_the_schedules_finalize_under_attack(census):
    assert census.with_finality >= 0.2 * SCHEDULES
    assert census.most_final >= EPOCHS - 3


@pytest.mark.thorough
def test_every_behaviour_fault_and_refusal_occurred(census):
    reasons = [reason.code for reason in CONSENSUS_REASONS]
    missing = [name for name in (*IN_CONSENSUS, *FAULTS, *reasons) if not census.kinds[name]]
    assert missing == [NOT_MET]


@pytest.mark.thorough
def test_the_interesting_cases_occurred(census):
    assert census.forks_notarized > 0
    assert census.gaps_in_final_chains > 0
    assert census.late_notarizations > 0
    assert census.votes_before_blocks > 0
    assert census.kinds["EquivocationSeen"] > 0


def test_friendly_schedules_nearly_always_finalize():
    runs = [run_committee(4 + seed % 4, 8, seed, scheme=NameTags(4 + seed % 4)) for seed in range(FRIENDLY)]
    assert sum(run.status.finalized == 7 and run.status.all_agree for run in runs) >= 0.95 * FRIENDLY


# ---- canaries: what must be possible --------------------------------------------------------------------------------


def fork_with_too_many_liars(validators: int = 4) -> tuple[Seats, list]:
    """One more lies than the bound allows, validator 1 first: epochs 1 and 2 have two blocks each, one for either half.

    The first half is validator 0 with those after the liars, the second half ends with the last validator; the first
    and the last are the ones that are watched.
    """
    seats, steps = Seats(validators), []
    last, liars = validators - 1, range(1, (validators - 1) // 3 + 2)
    honest = [index for index in range(validators) if index not in liars]
    halves = {0: honest[: len(honest) // 2], last: honest[len(honest) // 2 :]}
    chains = {0: seats.chain(1, 2), last: [seats.block(1, payload=b"5")]}
    chains[last].append(seats.block(2, chains[last][0]))
    for index, blocks in chains.items():
        seats.payloads[index].learn([5])
        for epoch, (block, payload) in enumerate(zip(blocks, (b"5" if index else b"", b""), strict=True), start=1):
            seats[index].on_epoch(epoch)
            steps.append(seats[index].on_message(seats.proposal(block, payload)))
            for voter in (*liars, *halves[index]):
                if voter not in (index, seats.rules.leader(epoch)):
                    steps.append(seats[index].on_message(seats.vote(voter, block)))
    return seats, steps


IN_COMMITTEES_OF_FOUR_AND_SEVEN = pytest.mark.parametrize("validators", [4, 7])


@IN_COMMITTEES_OF_FOUR_AND_SEVEN
def test_above_the_bound_two_validators_finalize_different_blocks_after_two_epochs(validators):
    seats, _ = fork_with_too_many_liars(validators)
    mine, yours = seats[0].finalized.blocks, seats[validators - 1].finalized.blocks
    assert (len(mine), len(yours)) == (2, 2)
    assert mine[1].epoch == yours[1].epoch == 1
    assert mine[1].hash != yours[1].hash


@IN_COMMITTEES_OF_FOUR_AND_SEVEN
def test_a_validator_that_learns_of_the_fork_keeps_its_chain_and_holds_evidence(validators):
    seats, _ = fork_with_too_many_liars(validators)
    kept, other = seats[0].finalized.blocks[1], seats[validators - 1]
    steps = [seats[0].on_message(message) for message in other.peers.recall(above=0)]
    [violation] = [fact for step in steps for fact in step.facts if isinstance(fact, SafetyViolated)]
    assert violation.kept[1] == kept.hash.hex()
    assert violation.conflicting[1] == other.finalized.blocks[1].hash.hex()
    assert seats[0].finalized.blocks[1] is kept
    culprits = {fact.culprit for step in steps for fact in step.facts if isinstance(fact, EquivocationSeen)}
    assert culprits == {*range(1, (validators - 1) // 3 + 2)}


def test_the_monitors_see_that_fork():
    seats, _ = fork_with_too_many_liars()
    tag = seats.signers[0]
    monitors = Monitors(4, "byzantine", seats.rules.leader, seats.genesis.hash, [0, 3], tag.is_valid)
    hits = []
    for index in (0, 3):
        fact = BlockFinalized(0, 2, index, seats[index].finalized.blocks[1].hash.hex(), 1, ("", "", ""))
        hits += monitors.stepped(index, (fact,), (0, 0), 0)
    assert "C1" in {hit.invariant for hit in hits}
