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

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.consensus.monitors import Monitors
from market_sim.core.models.consensus_events import BlockFinalized, EquivocationSeen, SafetyViolated
from market_sim.core.models.reasons_consensus import CONSENSUS_REASONS
from tests.integration.consensus_schedules import EPOCHS, FAULTS, IN_CI, Census, attacked, counted, forgetful
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
    missing = [name for name in (*BEHAVIOURS, *FAULTS, *reasons) if not census.kinds[name]]
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


def fork_with_two_liars() -> tuple[Seats, list]:
    """Validators 1 and 2 of four lie: epoch 1 and epoch 2 have two blocks each, one for 0 and one for 3."""
    seats = Seats()
    steps = []
    chains = {0: seats.chain(1, 2), 3: [seats.block(1, payload=b"5")]}
    chains[3].append(seats.block(2, chains[3][0]))
    for index, (one, two) in chains.items():
        seats.payloads[index].learn([5])
        payload = b"5" if index == 3 else b""
        seats[index].on_epoch(1)
        steps.append(seats[index].on_message(seats.proposal(one, payload)))
        steps.append(seats[index].on_message(seats.vote(2, one)))
        seats[index].on_epoch(2)
        steps.append(seats[index].on_message(seats.proposal(two)))
        steps.append(seats[index].on_message(seats.vote(1, two)))
    return seats, steps


def test_above_the_bound_two_validators_finalize_different_blocks_after_two_epochs():
    seats, _ = fork_with_two_liars()
    mine, yours = seats[0].finalized.blocks, seats[3].finalized.blocks
    assert (len(mine), len(yours)) == (2, 2)
    assert mine[1].epoch == yours[1].epoch == 1
    assert mine[1].hash != yours[1].hash


def test_a_validator_that_learns_of_the_fork_keeps_its_chain_and_holds_evidence():
    seats, _ = fork_with_two_liars()
    kept = seats[0].finalized.blocks[1]
    steps = [seats[0].on_message(message) for message in seats[3].peers.recall(above=0)]
    [violation] = [fact for step in steps for fact in step.facts if isinstance(fact, SafetyViolated)]
    assert violation.kept[1] == kept.hash.hex()
    assert violation.conflicting[1] == seats[3].finalized.blocks[1].hash.hex()
    assert seats[0].finalized.blocks[1] is kept
    culprits = {fact.culprit for step in steps for fact in step.facts if isinstance(fact, EquivocationSeen)}
    assert culprits == {1, 2}


def test_the_monitors_see_that_fork():
    seats, _ = fork_with_two_liars()
    tag = seats.signers[0]
    monitors = Monitors(4, "byzantine", seats.rules.leader, seats.genesis.hash, [0, 3], tag.is_valid)
    hits = []
    for index in (0, 3):
        fact = BlockFinalized(0, 2, index, seats[index].finalized.blocks[1].hash.hex(), 1, ("", "", ""))
        hits += monitors.stepped(index, (fact,), (0, 0), 0)
    assert "C1" in {hit.invariant for hit in hits}
