"""The chart of a run on its way takes a small share of the time, however long the run becomes."""

from __future__ import annotations

import json

from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.web.live_chart import PAUSE_SECONDS, SHARE, LiveChart


def session(epoch):
    made = Session(FirstMarket(traders=3), Options(epochs=9, settlement="memory"))
    made.step(epoch=epoch)
    return made


def chart(*readings):
    """A chart whose clock shows these times, one after the other."""
    return LiveChart(iter(readings).__next__)


def test_what_has_happened_is_drawn_before_the_run_is_over():
    shown = json.loads(LiveChart().drawing(session(2).journal))
    assert shown["figure"]["data"]
    assert shown["whole"][1] < 5


def test_the_next_drawing_waits_for_the_browser():
    journal = session(1).journal
    live = chart(0.0, 0.0, PAUSE_SECONDS / 2, PAUSE_SECONDS, PAUSE_SECONDS)
    assert [live.drawing(journal) is not None for _ in range(3)] == [True, False, True]


def test_a_slow_drawing_makes_the_next_one_wait_longer():
    journal = session(1).journal
    live = chart(0.0, 2.0, 2.0 / SHARE - 0.1, 2.0 / SHARE, 2.0 / SHARE)
    assert [live.drawing(journal) is not None for _ in range(3)] == [True, False, True]
