"""The impact of a participant as a picture: the midpoint with it and without it, its trades, and the difference."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.analysis.history.time_axis import TimeAxis, seconds
from market_sim.analysis.impact import Impact
from market_sim.analysis.visualization.chart import LegendEntry, Panel, Part, Table
from market_sim.analysis.visualization.figure import layered
from market_sim.analysis.visualization.traces import HELD, filled, line, marks
from market_sim.core.data.journal import Journal
from market_sim.core.money import written

TITLE = "The price with it and without it"
MOST_BOOKS = 4
"""The most books with panels; the table has all of them."""
MOST_MARKS = 2_000
LEGEND = (
    LegendEntry("line-solid", "leader", "the midpoint with it"),
    LegendEntry("line-dash", "stray", "the midpoint without it"),
    LegendEntry("up", "buy", "it bought"),
    LegendEntry("down", "sell", "it sold"),
    LegendEntry("line-solid", "act", "the difference: its impact"),
)
HEAD = ("time in s", "with it", "without it", "impact")


def impact_picture(found: Sequence[Impact], journal: Journal) -> Part:
    """The figure: two panels for each book, on the time axis of the run."""
    panels = [panel for one in found[:MOST_BOOKS] for panel in _panels(one)]
    return layered(panels or [Panel("Nothing differs", 40, {"showticklabels": False})], TimeAxis.of(journal))


def impact_tables(found: Sequence[Impact]) -> list[Table]:
    """The midpoints of each book, where they change."""
    return [Table(f"Midpoints of {one.book}", HEAD, _rows(one)) for one in found]


def _panels(one: Impact) -> list[Panel]:
    scale = 2 * 10**one.listed.price_decimals
    xs = [seconds(time) for time, _, _ in one.samples]
    prices = Panel(
        f"{one.book}: midpoint, {one.listed.quote}", 220, {"nticks": 6, "tickformat": ",~r", "showgrid": True}
    )
    for name, place, role, dash in (("with it", 1, "leader", "solid"), ("without it", 2, "stray", "dash")):
        ys = [sample[place] / scale for sample in one.samples]
        prices.traces.append(line(name, xs, ys, role, f"{name}: %{{y:,}}<br>%{{x:.2f}} s", {"dash": dash, **HELD}))
    for side, symbol, role in ((1, "triangle-up", "buy"), (-1, "triangle-down", "sell")):
        fills = [fill for fill in one.fills if fill.change * side > 0][:MOST_MARKS]
        said = [f"{abs(fill.change):,} at {written(fill.price, one.listed.price_decimals)}" for fill in fills]
        points = [fill.price * 2 / scale for fill in fills]
        times = [seconds(fill.time) for fill in fills]
        prices.traces.append(
            marks("it bought" if side > 0 else "it sold", times, points, said, filled(symbol, 9, role))
        )
    impact = Panel(
        f"{one.book}: impact, {one.listed.quote}",
        110,
        {"nticks": 4, "tickformat": ",~r", "showgrid": True, "zeroline": True},
    )
    ys = [difference / scale for _, difference in one.differences]
    impact.traces.append(line("impact", xs, ys, "act", "impact %{y:+,}<br>%{x:.2f} s", HELD))
    return [prices, impact]


def _rows(one: Impact) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    before: tuple[int, int] | None = None
    decimals = one.listed.price_decimals + 1
    for time, with_it, without_it in one.samples:
        if (with_it, without_it) != before:
            before = with_it, without_it
            numbers = (with_it, without_it, with_it - without_it)
            rows.append((f"{seconds(time):.1f}", *(written(5 * number, decimals) for number in numbers)))
    return rows
