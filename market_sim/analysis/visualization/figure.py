"""A figure: the panels of charts above each other on one axis, mostly of time.

`stacked` gives each panel its own vertical axis and lets all of them share the horizontal one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from market_sim.analysis.history.lifespan import END
from market_sim.analysis.visualization.as_of import still
from market_sim.analysis.visualization.chart import EventLine, Horizontal, Panel, Part
from market_sim.analysis.visualization.palette import LIGHT

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CONFIG: Part = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}
"""The plotly configuration of all charts; its first two lines keep plotly from offering an upload."""

PLAIN_LABELS: Part = {"ticklabeloverflow": "allow"}
"""Keeps plotly from measuring every label of an axis, which takes a tenth of its time."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"
TITLE_ROOM = 34
"""The room above a panel: half a label of the panel above, the title, half a label of its own, none of which touch."""
TOP, BOTTOM, LEFT, RIGHT = 62, 58, 84, 16
"""The room around the panels. Above, plotly's own buttons stand over two rows of labels and touch none of them."""
BARE_TOP = 12
"""The top margin of a figure without event lines."""
LABEL_ROW = 14
"""The height of a further row of labels."""


HOLD: Part = {"type": "scatter", "mode": "markers", "name": "", "x": [None], "y": [None], "born": [0]}
"""An empty trace that keeps the axis of an empty panel, which plotly would leave out."""


def stacked(panels: Sequence[Panel], axis: Horizontal, lines: Iterable[EventLine] = ()) -> Figure:
    """One figure: the panels from top to bottom, a common time axis below, event lines through everything."""
    from plotly.graph_objects import Figure

    return Figure(still(layered(panels, axis, lines)))


def layered(panels: Sequence[Panel], axis: Horizontal, lines: Iterable[EventLine] = ()) -> Part:
    """The same as plotly's own dictionary, with all versions of its marks: `as_of` chooses those of a moment."""
    inner = total_height(panels, 0) - BOTTOM
    lines = list(lines)
    margin = TOP + LABEL_ROW * max(line.row for line in lines) if lines else BARE_TOP
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
        traces += [{**_lived(trace), **own} for trace in (*panel.traces, HOLD)]
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


def _lived(trace: Part) -> Part:
    """The trace without the ends of marks that stay, which would be a tenth of the data of a figure."""
    gone = trace.get("gone")
    if gone is None:
        return trace
    ends = [0 if end == END else end for end in gone]
    return {**trace, "gone": ends} if any(ends) else {name: value for name, value in trace.items() if name != "gone"}


def total_height(panels: Sequence[Panel], top: int) -> int:
    """The height of a figure in pixels, with its time axis and this margin above."""
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
        "yshift": 7,  # above the label of a tick at the very top
        "xshift": 4 - LEFT,
        "showarrow": False,
        "font": {"size": 13, "color": LIGHT["ink"]},
    }


def _now() -> Part:
    """The line at the time up to which a figure is drawn."""
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
        "yshift": 19 + LABEL_ROW * line.row if line.strong else 2,
        "showarrow": False,
        "hovertext": line.hover,
        "font": {"size": 11, "color": LIGHT[line.role]},
    }
