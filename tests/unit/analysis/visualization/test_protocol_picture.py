"""The picture of protocols side by side: every block once, what was undone in red, one axis for all."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.protocol_figures import figures_of, reverted_blocks
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.protocol_page import protocol_page
from market_sim.analysis.visualization.protocol_picture import (
    LOOK,
    axis_of,
    block_table,
    fates,
    final_counts,
    panel_of,
    picture,
    placed,
)
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.simulation.side_by_side import Question, side_by_side


@pytest.fixture(scope="module")
def plays():
    return side_by_side(Question(partition="8-14", crash="n1@20-22"))


def test_every_block_is_drawn_once_in_the_row_of_its_protocol(plays):
    for play in plays:
        blocks = {event.block for event in play.journal.of(BlockProposed)}
        drawn = [len(trace["x"]) for trace in panel_of(play, axis_of(play)).traces if trace["mode"] == "markers"]
        assert sum(drawn) == len(blocks) == len(placed(play)) == len(block_table(play).rows)


def test_what_had_been_final_and_was_reverted_is_red(plays):
    longest = plays[2]
    left, left_final = reverted_blocks(longest)
    found = fates(longest)
    assert {block for block, fate in found.items() if fate == "undone"} == left_final
    assert {block for block, fate in found.items() if fate in ("undone", "reverted")} == left
    panel = panel_of(longest, axis_of(longest))
    [red] = [trace for trace in panel.traces if trace.get("marker", {}).get("color") == LIGHT["bad"]]
    assert len(red["x"]) == len(left_final) > 0


def test_final_blocks_and_pending_ones_stand_in_the_middle_and_all_others_beside(plays):
    for play in plays:
        for one in placed(play):
            assert (one.lane == 0) == (one.fate in ("final", "pending"))
        assert sum(one.fate == "final" for one in placed(play)) == figures_of(play).final_blocks


def test_the_lines_of_final_blocks_end_at_the_table(plays):
    for play in plays:
        times, counts = final_counts(play)
        assert times == sorted(times)
        assert counts[-1] == figures_of(play).final_blocks


def test_all_rows_share_one_axis_and_show_split_and_crash(plays):
    figure = picture(plays)
    assert len([name for name in figure["layout"] if name.startswith("yaxis")]) == 4
    assert {trace["xaxis"] for trace in figure["data"]} == {"x"}
    rectangles = [(shape["x0"], shape["x1"]) for shape in figure["layout"]["shapes"] if shape["type"] == "rect"]
    assert rectangles == [(8.0, 15.0), (20.0, 23.0)] * 4
    texts = [text["text"] for text in figure["layout"]["annotations"]]
    assert "split, epochs 8 to 14" in texts
    assert "n1 is down" in texts


def test_the_page_names_every_mark_and_asks_no_other_host(plays):
    page = protocol_page(plays)
    own = page.partition("<script>")[0]
    assert not re.search(r"(src|href)=\"(?!#|data:)", own)
    occur = {fate for play in plays for fate in fates(play).values()}
    for fate in occur:
        assert LOOK[fate][2] in own
    assert own.count("<details>") == 3
