"""What the consensus chart says is what the journal says: fates, lanes, votes, absences, the sentence, the table."""

from __future__ import annotations

import pytest

from market_sim.analysis.history.chain_history import chain_history
from market_sim.analysis.history.lifespan import END
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.visualization.as_of import trace_as_of
from market_sim.analysis.visualization.block_tree import lanes, tree_panel
from market_sim.analysis.visualization.charts import chart_figure
from market_sim.analysis.visualization.event_lines import event_lines
from market_sim.analysis.visualization.streamlet_timeline import legend, streamlet_rows, streamlet_sentence, why_open
from market_sim.analysis.visualization.validator_lanes import absences, lanes_panel, shifts
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import (
    BlockFinalized,
    BlockProposed,
    EquivocationSeen,
    NetworkFault,
    VoteCast,
)
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from tests.unit.analysis.visualization.journals import SECOND, Chain, eventful


@pytest.fixture
def history():
    return chain_history(eventful().end().journal)


def fate_of(history, name: str) -> str:
    return history.fates[Chain.hash(name)]


def trace(panel, name: str) -> dict:
    return trace_as_of(next(one for one in panel.traces if one["name"] == name), END - 1)


def test_each_block_has_the_fate_that_the_journal_gives_it(history):
    assert [fate_of(history, name) for name in ("one", "two", "four", "five")] == ["finalized"] * 4
    assert fate_of(history, "six") == "notarized"
    assert [fate_of(history, name) for name in ("three", "lie")] == ["orphaned"] * 2


def test_a_block_on_the_final_tip_without_a_quorum_is_proposed_and_not_orphaned():
    chain = eventful()
    chain.start(7)
    chain.propose("seven", "six")
    history = chain_history(chain.end().journal)
    assert fate_of(history, "seven") == "proposed"
    assert lanes(history)[Chain.hash("seven")] == 0
    assert why_open(history) == (
        "Block 6 is notarized and not final: a notarized block of epoch 7 on top of it would make it so."
    )


def test_only_the_chain_stands_on_the_middle_lane(history):
    placed = lanes(history)
    assert {Chain.hash(name) for name in ("one", "two", "four", "five", "six")} | {history.genesis} == {
        name for name, lane in placed.items() if lane == 0
    }
    assert placed[Chain.hash("three")] == 1


def test_two_blocks_of_one_epoch_that_both_fail_stand_on_both_sides():
    chain = Chain()
    chain.ordinary(1, "one", "G")
    chain.ordinary(2, "two", "one")
    chain.start(3)
    chain.propose("left", "two")
    chain.propose("right", "two")
    chain.ordinary(4, "four", "two")
    chain.ordinary(5, "five", "four")
    chain.ordinary(6, "six", "five")
    chain.finalize("five", ("four", "five", "six"))
    history = chain_history(chain.end().journal)
    placed = lanes(history)
    assert {placed[Chain.hash("left")], placed[Chain.hash("right")]} == {1, -1}
    assert [history.label(Chain.hash(name)) for name in ("left", "right", "six")] == ["3a", "3b", "6"]
    moved = shifts(history)
    assert [moved[Chain.hash(name)] for name in ("left", "right", "six")] == [-0.16, 0.16, 0]


def test_a_branch_stays_on_its_own_lane():
    chain = Chain()
    chain.ordinary(1, "one", "G")
    chain.ordinary(2, "fork", "one")
    chain.ordinary(3, "fork again", "fork")
    chain.ordinary(4, "four", "one")
    for epoch, name, parent in ((5, "five", "four"), (6, "six", "five"), (7, "seven", "six")):
        chain.ordinary(epoch, name, parent)
    chain.finalize("six", ("five", "six", "seven"))
    history = chain_history(chain.end().journal)
    placed = lanes(history)
    assert placed[Chain.hash("fork")] == placed[Chain.hash("fork again")] == 1


def test_the_sentence_tells_validators_finality_orphans_and_liars(history):
    assert streamlet_sentence(history) == (
        "4 validators, quorum 3: finalized through epoch 5; 2 orphans; validator 1 equivocated in epoch 5. "
        "Block 6 is notarized and not final: a notarized block of epoch 7 on top of it would make it so."
    )


def test_evidence_alone_convicts():
    chain = eventful()
    names = (Chain.hash("six"), "ff" * 32)
    chain.record(EquivocationSeen(chain.time, 6, 0, 2, 6, names, ("aa", "bb")))
    assert "validator 2 equivocated in epoch 6" in streamlet_sentence(chain_history(chain.end().journal))


def test_a_gap_of_epochs_is_why_the_last_block_is_not_final():
    chain = Chain()
    chain.ordinary(1, "one", "G")
    chain.ordinary(3, "three", "one")
    history = chain_history(chain.end().journal)
    assert why_open(history) == (
        "Block 3 is notarized and not final: its parent is of epoch 1, and the three blocks of the rule are of "
        "consecutive epochs."
    )


def test_too_few_signatures_are_why_the_last_block_is_not_final():
    chain = Chain()
    chain.start(1)
    chain.propose("one", "G")
    chain.vote("one", 0)
    assert why_open(chain_history(chain.end().journal)) == "Block 1 is not notarized: 2 of 3 signatures."


def test_a_silent_leader_is_told_in_sentence_table_and_lanes():
    chain = Chain(byzantine=(3,))
    chain.ordinary(1, "one", "G", 0, 2)
    chain.ordinary(2, "two", "one", 0, 1)
    chain.start(3)
    result = chain.end()
    history, axis = chain_history(result.journal), TimeAxis.of(result.journal)
    assert "no proposal in 1 epoch" in streamlet_sentence(history)
    rows = list(streamlet_rows(history, axis))
    assert rows[-1][0] == "none in 3"
    assert rows[0][-1] == "3"
    absent = [(one.epoch, one.validator) for one in absences(history)]
    assert absent == [(1, 3), (2, 3), (3, 0), (3, 1), (3, 2), (3, 3)]
    reasons = {(one.epoch, one.validator): one.why for one in absences(history)}
    assert reasons[3, 3] == "it led and proposed nothing"
    assert reasons[3, 0] == "nothing was proposed"
    crosses = trace(lanes_panel(history, axis), "no vote")
    assert list(zip(crosses["x"], crosses["y"], strict=True)) == [(1, 3), (2, 3), (3, 0), (3, 1), (3, 2), (3, 3)]


def test_an_absence_says_why_in_the_words_of_the_reason_table(history):
    reasons = {(one.epoch, one.validator): one.why for one in absences(history)}
    parent = Chain.hash("two")[:6]
    assert reasons[4, 0] == f"waiting: the parent {parent} has 2 of the 3 signatures it needs"
    assert reasons[3, 1] == "nothing of it arrived"


def test_a_block_proposed_out_of_turn_is_a_stray_and_no_orphan():
    chain = eventful()
    chain.start(7)
    chain.propose("usurped", "six", proposer=1)
    result = chain.end()
    history = chain_history(result.journal)
    assert fate_of(history, "usurped") == "stray"
    assert history.label(Chain.hash("usurped")) == "7·1"
    assert "2 orphans; 1 block proposed out of turn" in streamlet_sentence(history)
    assert Chain.hash("usurped") not in lanes(history)
    strays = trace(tree_panel(history, TimeAxis.of(result.journal)), "out of turn")
    assert len(strays["x"]) == 1


def test_the_table_has_a_row_for_each_block_with_its_votes(history):
    journal = eventful().end().journal
    rows = {row[0]: row for row in streamlet_rows(history, TimeAxis.of(journal))}
    assert list(rows) == ["1", "2", "3", "4", "5a", "5b", "6"]
    assert rows["3"][6:9] == ("2/4", "2, 3", "✖ orphaned")
    assert rows["5a"][6:10] == ("3/4", "0, 1, 2", "✔ finalized", "6.050")
    assert rows["4"][-1] == "0"


def test_a_vote_is_a_circle_in_the_colour_of_its_block_and_counts_are_against_the_quorum(history):
    axis = TimeAxis.of(eventful().end().journal)
    panel = lanes_panel(history, axis)
    lost = trace(panel, "vote: orphaned")
    assert sorted(lost["y"]) == [1, 2, 3, 3]
    assert trace(panel, "no quorum")["text"] == ["2/4", "2/4"]
    assert trace(panel, "quorum")["text"] == ["4/4", "4/4", "3/4", "3/4", "4/4"]


def test_the_legend_names_only_marks_that_occur(history):
    meanings = [entry.means for entry in legend(history)]
    assert "✖ orphaned" in meanings and "byzantine (only the simulator knows)" in meanings
    assert "safety violated" not in meanings and "○ proposed" not in meanings


def test_a_run_without_validators_has_no_chain():
    assert chain_history(Journal()) is None


def test_a_whole_run_is_told_as_its_journal_says():
    result = simulate(StreamletDemo(), Options(epochs=9, settlement="none", byzantine="n3:equivocate@3-7"))
    history = chain_history(result.journal)
    final = {event.block for event in result.journal.of(BlockFinalized)}
    assert {name for name, fate in history.fates.items() if fate == "finalized"} == final
    rows = list(streamlet_rows(history, TimeAxis.of(result.journal)))
    assert len([row for row in rows if row[1]]) == len({event.block for event in result.journal.of(BlockProposed)})
    votes = {(event.block, event.voter) for event in result.journal.of(VoteCast)}
    assert sum(int(row[6].split("/")[0]) for row in rows if row[6]) == len(votes)
    orphans = sum(row[8].endswith("orphaned") for row in rows)
    assert orphans > 0, "the canary: a lie was told"
    assert f"; {orphans} orphan" in streamlet_sentence(history)
    assert chart_figure(result, "consensus").to_json() == chart_figure(result, "consensus").to_json()


def test_whoever_points_at_a_block_or_a_vote_reads_who_signed_it():
    result = eventful().end()
    history, axis = chain_history(result.journal), TimeAxis.of(result.journal)
    panel = tree_panel(history, axis)
    squares = [one for fate in ("finalized", "orphaned", "notarized") for one in trace(panel, fate)["customdata"]]
    for name, block in history.story.blocks.items():
        voters = ", ".join(map(str, sorted(block.voters)))
        label = f"block {history.label(name)}, hash"
        [said] = [one for one in squares if one.startswith(label) and f"signed it: {voters}<br>" in one][-1:]
        assert f"{len(block.voters)} of 4 signed it: {voters}<br>" in said
    cast = [(vote.voter, history.label(vote.block), vote.signature[:8]) for vote in history.votes]
    lanes = [one for one in lanes_panel(history, axis).traces if one["name"].startswith("vote: ")]
    hovers = {text for one in lanes for text in one["customdata"]}
    for voter, label, signature in cast:
        assert any(
            text.startswith(f"validator {voter} signs block {label} (") and f"signature {signature}…" in text
            for text in hovers
        ), (voter, label)


def test_two_final_blocks_of_one_epoch_and_what_is_said_of_them_do_not_hide_each_other():
    chain = Chain(byzantine=(1, 2))
    chain.ordinary(1, "one", "G")
    chain.start(2, leader=1)
    for name in ("left", "right"):
        chain.propose(name, "one", proposer=1)
        chain.vote(name, 0, 2, 3)
        chain.notarize(name)
    for culprit in (1, 2):
        chain.record(EquivocationSeen(chain.time, 2, 0, culprit, 2, ("aa", "bb"), ("cc", "dd")))
    for name in ("left", "right"):
        chain.finalize(name, ("one", name, name))
        chain.time += SECOND // 200
    run = RunHistory(chain.end().journal)
    placed = lanes(run.chain)
    assert {placed[Chain.hash(name)] for name in ("left", "right")} == {0, 1}
    told = [one["text"] for one in tree_panel(run.chain, run.axis).annotations if "equivocate" in one["text"]]
    assert told == ["n1 equivocates", "n1 and n2<br>equivocate"]
    labels = [line for line in event_lines(run) if line.role == "good"]
    assert len({line.time for line in labels}) == 1
    assert [line.label for line in labels if line.gone == END] == ["✔ 2a, 2b"]


def test_a_validator_that_is_down_has_a_band_on_its_own_lane_and_the_sentence_says_when():
    result = simulate("crash-and-return", epochs=8, settlement="none")
    [fault] = result.journal.of(NetworkFault)
    assert (fault.kind, fault.senders) == ("crash", (2,))
    run = RunHistory(result.journal)
    drawn = lanes_panel(run.chain, run.axis)
    [band] = [shape for shape in drawn.shapes if shape["type"] == "rect"]
    assert (band["x0"], band["x1"]) == (fault.time / 1e9, fault.until / 1e9)
    assert 1.5 < band["y0"] < 2 < band["y1"] < 2.5, "other lanes are left alone"
    assert band["label"]["text"] == "n2 is down"
    assert f"validator 2 was down from {fault.time / 1e9:g} to {fault.until / 1e9:g} s" in streamlet_sentence(run.chain)
    assert run.journal[band["born"]] == fault


def test_a_run_without_a_crash_says_nothing_of_one():
    run = RunHistory(simulate("streamlet", epochs=3, settlement="none").journal)
    assert not [shape for shape in lanes_panel(run.chain, run.axis).shapes if shape["type"] == "rect"]
    assert "down" not in streamlet_sentence(run.chain)
