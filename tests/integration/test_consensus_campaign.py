"""The campaign: as many schedules as one change can afford, in parts that can be spread over processors.

CI plays 10,000 schedules under attack, 1,000 after the network has become stable, 600 crashes at a durable step and 500
schedules with real signatures; an ordinary run plays one part of each. CONSENSUS_PARTS=n plays n parts. A part asserts
that it met every way to lie and every fault of the network, so that no campaign is empty. No failure in N schedules
bounds the rate of failures by 3/N with 95 % confidence, for this generator only: the end of a run prints it.
"""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from market_sim.core.consensus.blocks import Rules
from market_sim.core.consensus.committee import Committee
from market_sim.core.models.consensus_events import BlockFinalized
from tests.integration.consensus_schedules import FAULTS, IN_CI, IN_CONSENSUS, WAYS, census_of, parts, stormy
from tests.unit.core.consensus.table import NameTags, Run, run_committee

IN_A_PART = 100
DELTA = Rules().delta_ns


@pytest.mark.parametrize("part", parts(in_ci=100, ordinarily=1))
def test_no_schedule_of_the_campaign_breaks_an_invariant(part: int, record_property) -> None:
    census = census_of(stormy, range(part * IN_A_PART, (part + 1) * IN_A_PART))
    assert census.kinds["MonitorHit"] == census.kinds["SafetyViolated"] == 0
    assert census.with_finality >= 0.2 * IN_A_PART
    assert [name for name in (*IN_CONSENSUS, *FAULTS) if not census.kinds[name]] == []
    for reached in ("forks_notarized", "late_notarizations", "votes_before_blocks", "gaps_in_final_chains"):
        assert getattr(census, reached) > 0, reached
    assert census.kinds["EquivocationSeen"] > 0
    record_property("schedules", ("under attack", IN_A_PART))


# ---- finality after the network has become stable -------------------------------------------------------------------

IN_A_LIVE_PART = 50
LIVE_EPOCHS = 26
STABLE = 6


def after_the_storm(number: int) -> tuple[Run, int]:
    """One liar of four in a network that is stable from some epoch on, and how long finality may then take."""
    luck = Random(f"live/{number}")
    way = WAYS[number % len(WAYS)]
    epochs = [epoch for epoch in range(1, LIVE_EPOCHS + 1) if luck.random() < 0.7]
    liar = luck.randrange(4)
    lies = f"n{liar}:{way}" if way == "crash" else ",".join(f"n{liar}:{way}@{epoch}" for epoch in epochs)
    stable = luck.randrange(1, STABLE + 1)
    any_delay = number % 2
    weather = {"fastest_ns": 1_000_000, "slowest_ns": DELTA, "reorder_percent": 20} if any_delay else {}
    storm = f"1-{stable - 1}:{luck.choice(('0+1|2+3', '0|1+2+3', '0+2>1+3'))}" if stable > 2 else ""
    run = run_committee(
        4, LIVE_EPOCHS, number, lies, storm, scheme=NameTags(4), paranoid=False,
        stable_from_epoch=stable, **weather,
    )  # fmt: skip
    # What is sent late arrives in a later epoch: that is no lock-step, whatever the network does.
    return run, 6 if any_delay or way == "late" else 4


@pytest.mark.parametrize("part", parts(in_ci=20, ordinarily=1))
def test_after_the_storm_finality_returns_within_the_bound(part: int, record_property) -> None:
    """Counted from the first whole epoch after the storm; what the storm left behind may cost one epoch, once."""
    longest = []
    for number in range(part * IN_A_LIVE_PART, (part + 1) * IN_A_LIVE_PART):
        run, bound = after_the_storm(number)
        assert run.status.proposed > 0
        begin, later = run.waits(run.committee.network.conditions.stable_from_epoch + 1)
        assert begin <= bound + 1, f"schedule {number}: first after {begin} epochs"
        assert later <= bound, f"schedule {number}: {later} epochs in between"
        longest.append(max(begin, later))
    longest.sort()
    assert longest[-1] >= 3, "nobody ever waited, so that nothing was tried"
    record_property("schedules", ("one liar of four after the storm", IN_A_LIVE_PART))
    record_property("waits", (longest[-1], longest[len(longest) * 99 // 100]))


@pytest.mark.parametrize("part", parts(in_ci=8, ordinarily=1))
def test_five_honest_leaders_in_a_row_finalize_in_every_schedule(part: int, record_property) -> None:
    """Theorem 6 with leaders drawn by the hash, for four, five and seven validators with as many liars as they bear."""
    windows = 0
    for number in range(part * 15, (part + 1) * 15):
        luck = Random(f"five/{number}")
        rules = Rules(validators=(4, 5, 7)[number % 3], leader_rule="hash")
        liars = luck.sample(range(rules.validators), rules.faults)
        lies = ",".join(f"n{liar}:{luck.choice(('silent', 'withhold', 'late', 'equivocate'))}" for liar in liars)
        stable = luck.choice((1, 6))
        run = run_committee(
            rules.validators, 40, number, lies, rules=rules, scheme=NameTags(rules.validators), paranoid=False,
            stable_from_epoch=stable,
        )  # fmt: skip
        grown = [
            {fact.epoch for fact in run.journal.of(BlockFinalized) if fact.validator == index}
            for index in run.committee.honest
        ]
        for start in range(stable + 1, 36):
            if not any(rules.leader(epoch) in liars for epoch in range(start, start + 5)):
                windows += 1
                assert all(epochs & {*range(start, start + 5)} for epochs in grown), f"schedule {number}, {start}"
    assert windows > 20
    record_property("schedules", ("windows of five honest leaders", windows))


# ---- crashes at each durable step -----------------------------------------------------------------------------------

CRASH_WAYS = {"equivocate": 12, "withhold": 12, "late": 24, "usurp": 24, "forge": 12}
"""The epochs of a run: where a liar keeps blocks from being final, an honest validator has fewer steps to crash at."""


class Crashing(Committee):
    """A committee in which one validator crashes at its k-th durable step, before or after the disk is written."""

    victim = 0
    at = 10**9
    after_writing = False
    crashed = False

    def _carry_out(self, index, step):
        if index != self.victim or self.crashed or not step.persist:
            return super()._carry_out(index, step)
        self.at -= 1
        if self.at >= 0:
            return super()._carry_out(index, step)
        self.crashed = True
        if self.after_writing:
            super()._carry_out(index, type(step)((), step.persist, step.facts))
        return self.restart(index)


@pytest.mark.parametrize("after_writing", [False, True])
@pytest.mark.parametrize("way", CRASH_WAYS if IN_CI else ["equivocate"])
def test_a_crash_at_any_durable_step_breaks_no_promise(way: str, after_writing: bool, record_property) -> None:
    restarts = 0
    points = [*product(range(3), range(20) if IN_CI else range(0, 20, 3))]
    for victim, at in points:
        kind = type("CrashingHere", (Crashing,), {"victim": victim, "at": at, "after_writing": after_writing})
        run = run_committee(
            4, CRASH_WAYS[way], at, byzantine=f"n3:{way}", scheme=NameTags(4), kind=kind, news_every=400_000_000
        )
        restarts += run.committee.crashed
        assert run.status.finalized >= 5, (way, victim, at)
        assert run.kinds()["SafetyViolated"] == run.kinds()["MonitorHit"] == 0
        for index in range(3):
            heights = [block.height for told, block in run.told if told == index]
            assert heights == list(range(1, len(heights) + 1)), (way, victim, at)
    assert restarts == len(points), "every crash happened"
    record_property("schedules", ("crashes at a durable step", restarts))


# ---- real signatures ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", parts(in_ci=50, ordinarily=1))
def test_the_same_with_real_signatures_and_a_forger(part: int, record_property) -> None:
    for seed in range(part * 10, (part + 1) * 10):
        other = IN_CONSENSUS[seed % len(IN_CONSENSUS)]
        lies = f"n{seed % 4}:forge@1-5,n{seed % 4}:{other}@6-{7 if other == 'flood' else 10}"
        run = run_committee(4, 10, seed, byzantine=lies, loss_percent=10)
        assert run.kinds()["BAD_SIGNATURE"] > 0, seed
        assert run.kinds()["SafetyViolated"] == run.kinds()["MonitorHit"] == 0
        assert run.status.all_agree, seed
    record_property("schedules", ("with real signatures", 10))
