"""The figures in the debrief of a lesson are those of the run that it looks at."""

from __future__ import annotations

import re
from pathlib import Path

from market_sim.analysis.refusals import refusals
from market_sim.core.models.consensus_events import ByzantineAct
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo

LESSONS = Path(__file__).resolve().parents[2] / "lessons"


def test_the_forged_messages_of_lesson_6_are_counted_right() -> None:
    text = (LESSONS / "06-who-signed-this" / "lesson.md").read_text(encoding="utf-8")
    journal = simulate(StreamletDemo(), Options(seed=7, epochs=12, settlement="none", byzantine="n3:forge")).journal
    told = re.search(r"Of the (\d+) messages that were thrown away,\s+(\d+) had a bad signature", text)
    assert told is not None
    counts = {one.reason: one.count for one in refusals(journal)}
    assert (int(told[1]), int(told[2])) == (sum(counts.values()), counts["BAD_SIGNATURE"])
    assert f"The {counts['WRONG_GENESIS']} with\n`WRONG_GENESIS`" in text
    acts = [event for event in journal.of(ByzantineAct) if event.behaviour == "forge"]
    assert f"Validator 3 sends {len(acts)} forged messages in twelve epochs" in text
