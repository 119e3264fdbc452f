"""The scenarios of the committee's faults: each shows what it promises, and is the demonstration's run before."""

from __future__ import annotations

import re
from functools import cache

import pytest

from market_sim.analysis.history.books import Books
from market_sim.analysis.history.chain_story import story_of
from market_sim.analysis.history.stepping import Stepper
from market_sim.core.consensus.network import parse_partitions
from market_sim.core.data.forks import fork_of
from market_sim.core.data.journal import Journal
from market_sim.core.data.splits import splits
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockProposed,
    ByzantineAct,
    EquivocationSeen,
    FloodDropped,
    MonitorHit,
    NetworkFault,
    SafetyViolated,
    VoteCast,
)
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted, WarningGiven
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.final_and_settled import clocks_of_trades
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.simulation.scenarios.streamlet_faults import (
    CrashAndReturn,
    Equivocation,
    Flood,
    LateMessages,
    Partition,
    TwoOfFourLie,
)
from tests.sentences import is_whole_sentences

FAULTS = (
    Equivocation(),
    Partition(),
    Partition(one_way=True),
    TwoOfFourLie(),
    CrashAndReturn(),
    Flood(),
    LateMessages(),
)
TOLD = ("both signatures", "matched during the split", "matched during the split", "Safety broke at height",
        "while it was down", "became final all the same", "became final")  # fmt: skip


@cache
def played(scenario: Scenario, seed: int = 7) -> tuple[Journal, str]:
    result = simulate(scenario, Options(seed=seed, epochs=12, settlement="memory", paranoid=True))
    return result.journal, result.conclusion


def before(journal: Journal, time: int) -> list[Event | tuple[int, int, int, int]]:
    """What happened until then. How a run was chosen is in its certificates, so of a payment only the blocks count."""
    chosen = (RunStarted, CommitteeSeated, WarningGiven, RunEnded)
    return [
        (event.time, event.first, event.last, event.trades) if isinstance(event, BlockSettled) else event
        for event in journal
        if event.time < time
        and type(event) not in chosen
        and (event.area != "settlement" or isinstance(event, BlockSettled))
    ]


@pytest.mark.parametrize(("scenario", "told"), [*zip(FAULTS, TOLD, strict=True)], ids=str)
def test_the_fault_shows_itself_and_changes_nothing_before_it_begins(scenario: Scenario, told: str) -> None:
    journal, conclusion = played(scenario)
    assert told in conclusion
    assert is_whole_sentences(conclusion)
    begins = min(event.time for event in journal if isinstance(event, ByzantineAct | NetworkFault))
    assert begins >= 3_000_000_000
    assert before(journal, begins) == before(played(StreamletDemo())[0], begins)


def test_a_fault_from_the_first_epoch_on_is_compared_with_nothing() -> None:
    split, crash = played(Partition(first=1, last=2))[1], played(CrashAndReturn(first=1, last=1))[1]
    assert re.search(r"[1-9]\d* final .* by the end, after \d\.\d s at most, and none was final before it\.$", split)
    assert crash.startswith("Validator n2 missed no final block while it was down and learned of one ")


def test_the_conclusions_count_what_the_journal_holds() -> None:
    flood, late = played(Flood()), played(LateMessages())
    records = [event.reason for event in flood[0] if isinstance(event, FloodDropped)]
    more = " or more" if records.count("TOO_MANY_REFUSALS") else ""
    dropped = len(records) - records.count("TOO_MANY_REFUSALS")
    assert f"The limits dropped {dropped} messages{more}, and " in flood[1]
    assert late[1].startswith("1 block reached an honest validator after its epoch and did not become final; ")


def test_a_split_that_the_scenario_chose_is_told_as_it_would_be_typed() -> None:
    told = [splits(played(scenario)[0]) for scenario in (Partition(), Partition(one_way=True), Flood())]
    assert told == ["4-6:0+1|2+3", "4-6:0+1>2+3", ""]
    for text in filter(None, told):
        [cut] = parse_partitions(text, 4)
        assert (cut.first, cut.last) == (4, 6)


def test_after_a_fork_only_what_is_final_for_all_counts_as_final() -> None:
    journal, _ = played(TwoOfFourLie())
    steps = Stepper(journal, Books(journal))
    broken = next(number for number, event in enumerate(journal) if isinstance(event, SafetyViolated))
    before, after = (steps.instant(number, "ACME").final for number in (broken - 1, len(journal) - 1))
    shared = sum(block.trades for block in story_of(journal).shared_chain())
    assert 0 < shared == after <= before


@pytest.mark.parametrize(
    ("scenario", "epochs", "said"),
    [
        (CrashAndReturn(), 6, "Validator n2 was down from epoch 4 until the end of the run."),
        (CrashAndReturn(first=1, last=1), 2, "Validator n2 came back 2 s into the run and learned of no final block."),
    ],
    ids=str,
)
def test_a_run_that_ends_early_says_whether_the_crashed_validator_came_back(
    scenario: Scenario, epochs: int, said: str
) -> None:
    assert simulate(scenario, Options(epochs=epochs, settlement="none")).conclusion == said


@pytest.mark.parametrize("scenario", FAULTS, ids=str)
def test_every_block_says_the_height_after_that_of_its_parent(scenario: Scenario) -> None:
    heights: dict[str, int] = {}
    for event in played(scenario)[0].of(BlockProposed):
        assert event.height == heights.get(event.parent, 0) + 1
        heights[event.block] = event.height
    assert len(heights) > 8


@pytest.mark.parametrize("seed", range(1, 6))
def test_with_two_liars_of_four_two_blocks_of_one_height_are_final_and_both_liars_signed_both(seed: int) -> None:
    journal, conclusion = played(TwoOfFourLie(), seed)
    final = {event.validator: event.block for event in journal.of(BlockFinalized) if event.height == 5}
    assert final[0] != final[3]
    voters = [{vote.voter for vote in journal.of(VoteCast) if vote.block == block} for block in (final[0], final[3])]
    assert all(len(signers) >= 3 for signers in voters)
    assert voters[0] & voters[1] == {1, 2}
    fork = fork_of(journal)
    assert fork is not None
    assert {fork.one.block, fork.other.block} == {final[0], final[3]}
    assert fork.signed_both == (1, 2)
    assert {fork.one.block: fork.one.final_for, fork.other.block: fork.other.final_for} == {
        final[0]: (0,), final[3]: (3,)
    }  # fmt: skip
    assert "n1 and n2 signed both" in conclusion
    assert "4 validators tolerate 1 liar, and n1 and n2 lied" in conclusion
    hits = [hit.invariant for hit in journal.of(MonitorHit)]
    assert hits[0] == "C1"
    assert set(hits) <= {"C1", "C6"}
    assert {event.culprit for event in journal.of(EquivocationSeen)} == {1, 2}


@pytest.mark.thorough
def test_one_two_faced_liar_alone_never_breaks_safety() -> None:
    for seed, who in [(seed, who) for seed in range(4) for who in range(4)]:
        options = Options(seed=seed, epochs=12, settlement="none", byzantine=f"n{who}:two-faced", paranoid=True)
        journal = simulate(StreamletDemo(), options).journal
        assert fork_of(journal) is None
        assert [*journal.of(ByzantineAct)]


def test_the_clocks_of_trades_never_run_backwards_and_the_split_delays_finality() -> None:
    clocks = clocks_of_trades(played(Partition())[0])
    for one in clocks:
        if one.settled is not None:
            assert one.finalized is not None
            assert one.matched <= one.finalized <= one.settled
    waits = [one.finalized - one.matched for one in clocks if one.finalized and 4 <= one.matched / 10**9 < 7]
    usual = [one.finalized - one.matched for one in clocks if one.finalized and one.finalized < 4 * 10**9]
    assert max(waits) > max(usual)
