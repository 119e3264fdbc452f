"""The picture of a sweep: for each measure a panel with the mean and its interval over the first axis.

Where there are further axes, each of their combinations has a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from market_sim.analysis.sweep_estimates import AxisValue, Estimates, Point, shown
from market_sim.analysis.visualization.chart import LegendEntry, Panel, Part, PlainAxis, Table
from market_sim.analysis.visualization.figure import layered
from market_sim.analysis.visualization.inventory_picture import STYLES
from market_sim.analysis.visualization.page import table_text
from market_sim.analysis.visualization.palette import LIGHT
from market_sim.analysis.visualization.single_page import framed, single_page
from market_sim.core.english import counted

WIDTH, HEIGHT = 760, 170
NOTE = "Each point is the mean of its runs; the bar is its 95 % confidence interval (Student)."


def sweep_page(found: Estimates, measures: Sequence[str]) -> str:
    """The whole page as text."""
    figure = picture(found, measures)
    title = "Means and intervals"
    told = sentences(found, measures)
    words = f"<section><h2>What changed</h2><ul>{''.join(f'<li>{escape(each)}</li>' for each in told)}</ul></section>"
    words += f"<section><h2>Figures</h2>{table_text(table(found, measures))}<p>{NOTE}</p></section>"
    frame = framed(title, " ".join(told), legend(found), (WIDTH, figure["layout"]["height"]), ())
    return single_page(found.title, words, frame, figure)


def table(found: Estimates, measures: Sequence[str]) -> Table:
    """A row for each point of the axes."""
    rows = [
        (*map(_value, point.values), f"{point.runs:,}",
         *(str(point.estimates[name]) if name in point.estimates else "–" for name in measures))
        for point in found.points
    ]  # fmt: skip
    return Table("Means and intervals", (*found.axes, "runs", *measures), rows)


def sentences(found: Estimates, measures: Sequence[str]) -> list[str]:
    """For each measure the point where its mean is least and the one where it is largest."""
    told = []
    for name in measures:
        points = [point for point in found.points if name in point.estimates]
        if not points:
            continue
        least = min(points, key=lambda point: point.estimates[name].mean)
        most = max(points, key=lambda point: point.estimates[name].mean)
        if least.estimates[name].mean == most.estimates[name].mean:
            told.append(f"{name} is {shown(least.estimates[name].mean)} everywhere.")
        else:
            told.append(f"{name} is least at {_at(found, least, name)}, and largest at {_at(found, most, name)}.")
    return told


def _at(found: Estimates, point: Point, name: str) -> str:
    where = ", ".join(f"{axis} {_value(value)}" for axis, value in zip(found.axes, point.values, strict=True))
    return f"{where or 'the only point'} ({point.estimates[name]})"


def legend(found: Estimates) -> list[LegendEntry]:
    """A line for each combination of the further axes."""
    named = {
        key: ", ".join(f"{n} {_value(v)}" for n, v in zip(found.axes[1:], key, strict=True)) for key in _lines(found)
    }
    return [
        LegendEntry(f"line-{dash}", role, named[key] or "mean, with its interval")
        for key, (role, dash) in zip(named, STYLES, strict=False)
    ]


def picture(found: Estimates, measures: Sequence[str]) -> Part:
    """The panels above each other on the first axis, as plotly's own dictionary."""
    firsts = list(dict.fromkeys(point.values[0] if point.values else "" for point in found.points))
    numbers = [value for value in firsts if isinstance(value, (int, float)) and not isinstance(value, bool)]
    title = found.axes[0] if found.axes else ""
    if len(numbers) == len(firsts):
        low, high = min(numbers), max(numbers)
        room = (high - low) * 0.04 or 1.0
        axis = PlainAxis(title, low - room, high + room)
        places = dict(zip(firsts, map(float, numbers), strict=True))
    else:
        axis = PlainAxis(title, -0.5, len(firsts) - 0.5, [_value(value) for value in firsts])
        places = {value: float(place) for place, value in enumerate(firsts)}
    return layered([_panel(found, name, places) for name in measures], axis)


def _panel(found: Estimates, name: str, places: dict[AxisValue, float]) -> Panel:
    panel = Panel(name, HEIGHT, {"nticks": 5, "tickformat": ",~r", "showgrid": True, "zeroline": True})
    for key, (role, dash) in zip(_lines(found), STYLES, strict=False):
        points = [point for point in found.points if point.values[1:] == key and name in point.estimates]
        if not points:
            continue
        halves = [point.estimates[name].half or 0.0 for point in points]
        colour = LIGHT[role]
        panel.traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": name,
                "x": [places[point.values[0] if point.values else ""] for point in points],
                "y": [point.estimates[name].mean for point in points],
                "error_y": {"type": "data", "array": halves, "color": colour, "thickness": 1.4, "width": 5},
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"color": colour, "size": 6},
                "customdata": [f"{name}: {point.estimates[name]}<br>{_hover(found, point)}" for point in points],
                "hovertemplate": "%{customdata}<extra></extra>",
            }
        )
    return panel


def _hover(found: Estimates, point: Point) -> str:
    where = "<br>".join(f"{axis} {_value(value)}" for axis, value in zip(found.axes, point.values, strict=True))
    return f"{where}<br>{counted(point.runs, 'run')}"


def _lines(found: Estimates) -> list[tuple[AxisValue, ...]]:
    return list(dict.fromkeys(point.values[1:] for point in found.points))


def _value(value: AxisValue) -> str:
    return shown(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
