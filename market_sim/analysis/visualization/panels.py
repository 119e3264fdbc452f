"""Panels: charts that stand above each other on one axis, mostly of time, and the figure they are put together into.

A chart is drawn in one or two panels that know neither their place nor their neighbours; `stacked` gives each its
own vertical axis and lets all of them share the horizontal one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from market_sim.analysis.visualization.as_of import END, finished
from market_sim.analysis.visualization.palette import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Part = dict[str, Any]
"""A trace, a shape or an annotation, as plotly's own dictionary."""

CONFIG: Part = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}
"""How every chart behaves in a browser; without the first two lines plotly offers to upload the student's work."""

PLAIN_LABELS: Part = {"ticklabeloverflow": "allow"}
"""Otherwise plotly measures every label of an axis to hide those that do not fit, a tenth of all its work."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
TITLE_ROOM = 26
TOP, BOTTOM, LEFT, RIGHT = 44, 58, 84, 16
BARE_TOP = 12
"""Above a figure without marked moments there is nothing to label."""


@dataclass(frozen=True)
class LegendEntry:
    """A mark and what it means: `mark` is its shape, `role` its colour."""

    mark: str
    role: str
    means: str


@dataclass(frozen=True)
class Table:
    """The facts of a chart in rows, for those who read rather than look."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    worded: bool = False
    """Its last two columns are words, which are read from the left; all others are numbers."""


@dataclass(frozen=True)
class Account:
    """What a chart says in words: its name, its sentence, its legend and its table."""

    name: str
    sentence: str
    legend: tuple[LegendEntry, ...]
    table: Table | None


@dataclass
class Panel:
    """A strip of a figure with a vertical axis of its own."""

    title: str
    height: int
    yaxis: Part
    traces: list[Part] = field(default_factory=list)
    shapes: list[Part] = field(default_factory=list)
    annotations: list[Part] = field(default_factory=list)
    covered: bool = False
    """Its traces fill the strip, so that lines behind them could not be seen."""


@dataclass(frozen=True)
class EventLine:
    """A moment that is marked through all panels, with a short label above them."""

    time: float
    label: str
    role: str
    strong: bool = False
    """Rare and important: drawn darker, over filled panels too, and labelled in a row of its own."""
    hover: str = ""
    born: int = 0
    gone: int = END
    """From which event to which it is there."""


class Horizontal(Protocol):
    """An axis that panels share: simulated time, or whatever else a picture goes along."""

    @property
    def is_long(self) -> bool:
        """Whether it is panned through."""

    @property
    def opens_on(self) -> tuple[float, float]:
        """From where to where it is shown at first."""

    def ticks(self) -> Part:
        """Its ticks and its title, for plotly."""


@dataclass(frozen=True)
class PlainAxis:
    """An axis without time: prices, or named places side by side."""

    title: str
    low: float
    high: float
    names: Sequence[str] = ()
    """What stands at 0, 1, 2 and so on; without names the axis has numbers."""

    is_long = False

    @property
    def opens_on(self) -> tuple[float, float]:
        """All of it."""
        return self.low, self.high

    def ticks(self) -> Part:
        """Numbers, or the names at their places."""
        places = list(range(len(self.names)))
        named: Part = {"tickmode": "array", "tickvals": places, "ticktext": list(self.names), "tickangle": 0}
        return {"title": {"text": self.title}, **(named if self.names else {"tickformat": ",~r"})}


def stacked(panels: Sequence[Panel], axis: Horizontal, lines: Iterable[EventLine] = ()) -> Figure:
    """One figure: the panels from top to bottom, a common time axis below, event lines through everything."""
    from plotly.graph_objects import Figure

    return Figure(finished(layered(panels, axis, lines)))


def layered(panels: Sequence[Panel], axis: Horizontal, lines: Iterable[EventLine] = ()) -> Part:
    """The same as plotly's own dictionary, with all versions of its marks: `as_of` chooses those of a moment."""
    inner = total_height(panels, 0) - BOTTOM
    lines = list(lines)
    margin = TOP if lines else BARE_TOP
    layout = _layout(axis, total_height(panels, margin), len(panels), margin)
    traces: list[Part] = []
    covered: list[str] = []
    top = inner
    for number, panel in enumerate(panels, 1):
        suffix = "" if number == 1 else str(number)
        high = (top - TITLE_ROOM) / inner
        top -= TITLE_ROOM + panel.height
        layout[f"yaxis{suffix}"] = _vertical(panel, [max(0.0, top / inner), high])
        own = {"xaxis": "x", "yaxis": f"y{suffix}"}
        traces += [{**trace, **own} for trace in panel.traces]
        layout["shapes"] += [_placed(shape, f"y{suffix}") for shape in panel.shapes]
        layout["annotations"] += [_placed(text, f"y{suffix}") for text in panel.annotations]
        layout["annotations"].append(_title(panel.title, high))
        covered += [f"y{suffix} domain"] if panel.covered else []
    for line in lines:
        layout["shapes"].append(_line(line, "paper", "below"))
        if line.strong:
            layout["shapes"] += [_line(line, yref, "above") for yref in covered]
        if line.label:
            layout["annotations"].append(_label(line))
    return {"data": traces, "layout": layout, "now": _now()}


def total_height(panels: Sequence[Panel], top: int) -> int:
    """The height of a figure in pixels, with the time axis below and so much room above."""
    return top + sum(panel.height + TITLE_ROOM for panel in panels) + BOTTOM


def _layout(axis: Horizontal, height: int, panels: int, top: int) -> Part:
    return {
        # An empty template: plotly's own would set colours that the dark page does not know of.
        "template": "none",
        "height": height,
        "margin": {"t": top, "b": BOTTOM, "l": LEFT, "r": RIGHT, "pad": 0},
        "paper_bgcolor": LIGHT["paper"],
        "plot_bgcolor": LIGHT["paper"],
        "font": {"family": FONT, "size": 12, "color": LIGHT["ink"]},
        "showlegend": False,
        "dragmode": "pan" if axis.is_long else "zoom",
        "hovermode": "closest",
        "hoverlabel": {
            "bgcolor": LIGHT["paper"],
            "bordercolor": LIGHT["muted"],
            "font": {"family": FONT, "color": LIGHT["ink"], "size": 12},
            "align": "left",
        },
        "barmode": "relative",
        "bargap": 0,
        "shapes": [],
        "annotations": [],
        "xaxis": {
            "anchor": "y" if panels == 1 else f"y{panels}",
            "range": list(axis.opens_on),
            "showgrid": False,
            "zeroline": False,
            "showline": False,
            "ticks": "outside",
            "ticklen": 4,
            "tickcolor": LIGHT["muted"],
            "showspikes": True,
            "spikemode": "across",
            "spikesnap": "cursor",
            "spikethickness": 1,
            "spikedash": "dot",
            "spikecolor": LIGHT["muted"],
            **PLAIN_LABELS,
            **axis.ticks(),
        },
    }


def _vertical(panel: Panel, domain: list[float]) -> Part:
    plain: Part = {
        "domain": domain,
        "anchor": "x",
        "showgrid": False,
        "gridcolor": LIGHT["grid"],
        "zeroline": False,
        "zerolinecolor": LIGHT["edge"],
        "fixedrange": True,
        "ticks": "",
        **PLAIN_LABELS,
    }
    return {**plain, **panel.yaxis}


def _placed(part: Part, yref: str) -> Part:
    """A shape or annotation of a panel on the axes of the figure; with `domain` it spans the panel's whole height."""
    return {"xref": "x", **part, "yref": f"{yref} domain" if part.get("yref") == "domain" else yref}


def _title(text: str, top: float) -> Part:
    return {
        "text": f"<b>{text}</b>",
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 2,
        "xshift": 4 - LEFT,
        "showarrow": False,
        "font": {"size": 13, "color": LIGHT["ink"]},
    }


def _now() -> Part:
    """The line at the moment up to which a figure is drawn."""
    line = {"color": LIGHT["leader"], "width": 1.5}
    return {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "above", "line": line}


def _line(line: EventLine, yref: str, layer: str) -> Part:
    return {
        "type": "line",
        "born": line.born,
        "gone": line.gone,
        "xref": "x",
        "yref": yref,
        "x0": line.time,
        "x1": line.time,
        "y0": 0,
        "y1": 1,
        "layer": layer,
        "line": {
            "color": LIGHT[line.role if line.strong else "final-line"],
            "width": 1.6 if line.strong else 1,
            "dash": "dash" if line.strong else "dot",
        },
    }


def _label(line: EventLine) -> Part:
    return {
        "text": line.label,
        "born": line.born,
        "gone": line.gone,
        "xref": "x",
        "yref": "paper",
        "x": line.time,
        "y": 1,
        "yanchor": "bottom",
        "yshift": 19 if line.strong else 2,
        "showarrow": False,
        "hovertext": line.hover,
        "font": {"size": 11, "color": LIGHT[line.role]},
    }
