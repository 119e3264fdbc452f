"""A chart of the tests, as an example of adding one."""

from __future__ import annotations

from collections.abc import Iterator

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.visualization.chart import Chart, Panel, PlainAxis, Table


def queue_charts(run: RunHistory) -> Iterator[Chart]:
    """People who wait, the same in every run."""
    bars = {"type": "bar", "x": [0, 1], "y": [3, 4]}
    panel = Panel("The queue", 100, {}, [bars])
    table = Table("People waiting", ("place", "people"), [("left", "3"), ("right", "4")])
    axis = PlainAxis("place", -1, 2)
    yield Chart("queue", "Who waits", "Seven people wait.", "market", axis, lambda: [panel], table=table)
