"""The picture of an iceberg: what a slice of each size costs while it waits, by being seen, and in all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from market_sim.analysis.visualization.chart import Chart, LegendEntry, Panel, PlainAxis, Table
from market_sim.analysis.visualization.traces import filled, line, marks
from market_sim.pricing.iceberg import SliceCost, cheapest

SHARES = (0.05, 0.1, 0.25, 0.5, 1.0)
"""The shares of the order that the table shows beside the best slice."""
HEAD = ("slice", "slices", "time", "risk, bps", "seen, bps", "cost, bps")
MOST_POINTS = 400
LEGEND = (
    LegendEntry("line-solid", "ink", "in all"),
    LegendEntry("line-dash", "leader", "the risk while it waits"),
    LegendEntry("line-dot", "flow-loss", "what being seen costs"),
    LegendEntry("diamond", "act", "the best slice"),
)


def told(costs: Sequence[SliceCost]) -> list[SliceCost]:
    """The best slice among slices of some shares of the order, the smallest first."""
    places = {max(0, round(share * len(costs)) - 1) for share in SHARES}
    return sorted({costs[place] for place in places} | {cheapest(costs)})


def iceberg_rows(costs: Sequence[SliceCost]) -> list[tuple[str, ...]]:
    """The same as cells."""
    best = cheapest(costs)
    return [
        (f"{one.display:,}{' (best)' if one == best else ''}", f"{one.slices:,}", f"{one.time:,.2f}",
         f"{one.risk_bps:.2f}", f"{one.information_bps:.2f}", f"{one.total_bps:.2f}")
        for one in told(costs)
    ]  # fmt: skip


def iceberg_sentence(costs: Sequence[SliceCost]) -> str:
    """The best slice and its expected cost."""
    best = cheapest(costs)
    return f"Display {best.display:,} of {costs[-1].display:,}: the expected cost is {best.total_bps:.2f} bps."


def iceberg_chart(costs: Sequence[SliceCost]) -> Chart:
    """The picture of all sizes."""
    last = costs[-1].display
    axis = PlainAxis("displayed", -0.02 * last, 1.02 * last)
    table = Table("The best slice, and slices of some shares of the order", HEAD, iceberg_rows(costs))
    return Chart(
        "iceberg", "What a slice costs", iceberg_sentence(costs), "market", axis, partial(iceberg_panels, costs),
        LEGEND, table,
    )  # fmt: skip


def iceberg_panels(costs: Sequence[SliceCost]) -> list[Panel]:
    """The cost over the size, and its two parts."""
    thin = max(1, -(-len(costs) // MOST_POINTS))
    shown = sorted({*costs[::thin], costs[-1]})
    xs = [one.display for one in shown]
    panel = Panel("Cost, bps", 260, {"nticks": 6, "tickformat": ",~r", "showgrid": True, "rangemode": "tozero"})
    for name, role, dash, ys in (
        ("in all", "ink", "solid", [one.total_bps for one in shown]),
        ("waiting", "leader", "dash", [one.risk_bps for one in shown]),
        ("being seen", "flow-loss", "dot", [one.information_bps for one in shown]),
    ):
        panel.traces.append(line(name, xs, ys, role, f"{name}: %{{y:.2f}} bps<br>%{{x:,}} displayed", {"dash": dash}))
    best = cheapest(costs)
    said = [f"display {best.display:,}: {best.total_bps:.2f} bps"]
    panel.traces.append(marks("best", [best.display], [best.total_bps], said, filled("diamond", 11, "act")))
    return [panel]
