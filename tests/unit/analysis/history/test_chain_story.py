"""What a chain story says of finality and agreement is counted in the blocks that it tells of."""

from __future__ import annotations

import pytest

from market_sim.analysis.byzantine_report import byzantine_report
from market_sim.analysis.history.chain_story import BlockStory, ChainStory, story_of
from market_sim.analysis.summary import Summary, document, summarize
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.simulation.scenarios.streamlet_faults import TwoOfFourLie
from market_sim.ui.cli.report import tell
from market_sim.ui.cli.screen import Screen


def told(*blocks: tuple[int, int], final: tuple[int, ...] = ()) -> str:
    """Why the newest of these notarized blocks, each an epoch and its parent's, is not final."""
    story = ChainStory()
    story.quorum = 3
    for epoch, parent in blocks:
        one = BlockStory(f"b{epoch}", f"b{parent}", epoch, 1, 0, 0, [0, 1, 2], [0, 1, 2])
        one.final_for = [0] if epoch in final else []
        story.blocks[one.block] = one
    return story.why_not_final()


def test_what_is_pending_is_the_newest_block_and_what_lies_below_it():
    assert told((1, 0), (2, 1), (3, 2), final=(1, 2)) == (
        "1 block pending: block 3 is notarized but not final, because it needs a notarized block of epoch 4 on top of "
        "it."
    )
    assert told((1, 0), (3, 1), (4, 3)).startswith("3 blocks pending: block 4 is notarized but not final, because ")
    assert told((1, 0), (3, 1), (4, 3)).endswith(" on top of it; the 2 below become final with it.")
    assert told((1, 0), (3, 1)).endswith("; the one below becomes final with it.")


def test_a_block_on_another_branch_is_counted_for_itself():
    one, two = told((1, 0), (2, 0), (4, 1), final=(1,)), told((1, 0), (2, 0), (3, 2), (5, 1), final=(1,))
    assert one.startswith("1 block pending: block 4 ")
    assert one.endswith(" on top of it. 1 notarized block on other branches was never final.")
    assert two.endswith(" on top of it. 2 notarized blocks on other branches were never final.")


@pytest.fixture(scope="module")
def forked() -> Summary:
    return summarize(simulate(TwoOfFourLie(), Options(settlement="none")))


def test_a_fork_leaves_one_block_pending_and_one_beside_it(forked: Summary):
    assert forked.story.why_not_final().startswith("1 block pending: block 9 ")
    assert forked.story.why_not_final().endswith("1 notarized block on other branches was never final.")


def test_the_notarized_tips_are_the_ends_of_the_longest_chains_only(forked: Summary):
    tips = document(forked, None, None)["consensus"]["notarized_tips"]
    assert [tip["epoch"] for tip in tips] == [9], "the branch that is one block shorter is no tip"
    story = ChainStory()
    assert story.notarized_tips == []
    for name, voters in (("a", [0]), ("b", [0, 1]), ("c", [])):
        story.blocks[name] = BlockStory(name, "g", 1, 1, 0, 0, notarized_by=voters)
    assert [tip.block for tip in story.notarized_tips] == ["a", "b"]


def consensus_line(summary: Summary, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    tell(summary, None, None, Screen())
    lines = capsys.readouterr().err.splitlines()
    return next(line for line in lines if line.startswith("consensus"))


def test_those_who_disagree_disagree_after_the_blocks_that_they_share(forked: Summary, capsys):
    line = consensus_line(forked, capsys)
    assert f"{forked.finalized} finalized ({forked.finalized_digest[:12]}); after these the honest validators" in line
    assert line.endswith("DISAGREE")


def test_a_single_honest_validator_does_not_agree_with_others(capsys):
    options = Options(settlement="none", byzantine="n1:two-faced,n2:two-faced,n3:silent@8", beyond_the_bound=True)
    summary = summarize(simulate(StreamletDemo(), options))
    assert story_of(summary.result.journal).honest == 1
    assert consensus_line(summary, capsys).endswith(
        f"; the only honest validator holds {summary.finalized_digest[:12]}"
    )
    for sentence in byzantine_report(summary.result.journal):
        assert "agree;" not in sentence
    assert "1 of 1 block of the others became notarized" in byzantine_report(summary.result.journal)[2]
