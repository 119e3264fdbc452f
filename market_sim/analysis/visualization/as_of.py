"""A figure as of an event: the part of a figure that is known at an event of the journal.

Every mark of a stepped chart carries the number of the event that made it (`born`) and of the event that replaced it
(`gone`): a block is one mark when it is proposed, another one once it is notarized, a third one when it is final. The
figure as of an event has the marks that are born and not gone at that event, so it shows nothing later. `as_of.js`
makes the same choice in the browser; a test compares the two.

A trace has one number for each point, a heatmap one for each column, a shape or an annotation one. A mark without an
end, or with the end 0, stays.

>>> trace = {"x": [1, 2, 2], "y": [5, 6, 7], "name": "block", "born": [3, 4, 9], "gone": [END, 9, END]}
>>> trace_as_of(trace, 8), trace_as_of(trace, 9)
({'x': [1, 2], 'y': [5, 6], 'name': 'block'}, {'x': [1, 2], 'y': [5, 7], 'name': 'block'})
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from typing import Any

from market_sim.analysis.history.lifespan import END
from market_sim.analysis.visualization.typed_array import rows

Part = dict[str, Any]
CELLS = ("z", "customdata")
"""What a heatmap has for each cell: its shade and the quantity."""


def figure_as_of(figure: Part, number: int, time: float | None = None) -> Part:
    """The figure as of this event; with the time of the event in seconds, bands end there and a line marks it."""
    layout = figure["layout"]
    shapes = list(_there(layout["shapes"], number))
    if time is not None:
        shapes = [_ended(shape, time) for shape in shapes if not _is_band(shape) or shape["x0"] < time]
        shapes.append({**figure["now"], "x0": time, "x1": time})
    return {
        "data": [trace_as_of(trace, number) for trace in figure["data"]],
        "layout": {**layout, "shapes": shapes, "annotations": list(_there(layout["annotations"], number))},
    }


def finished(figure: Part) -> Part:
    """The figure at the end of the run."""
    return figure_as_of(figure, END - 1)


def still(figure: Part) -> Part:
    """The figure at the end of the run for plotly alone, without `as_of.js`: a cell in which nothing waits is none.

    Otherwise hovering over it would say that 0 wait there.
    """
    done = finished(figure)
    return {**done, "data": [_with_gaps(trace) for trace in done["data"]]}


def dated(figure: Part, known_at: Callable[[float], int]) -> Part:
    """Give the marks of a figure along time event numbers: each mark appears once its time has passed.

    `known_at` gives the number of the last event up to a time. A bar is about an interval and appears at its end.
    """
    layout = figure["layout"]
    data = [{"born": [known_at(moment) for moment in _moments(trace)], **trace} for trace in figure["data"]]
    texts = [{**one, "born": known_at(one["x"])} if one["xref"] == "x" else one for one in layout["annotations"]]
    return {**figure, "data": data, "layout": {**layout, "annotations": texts}}


def _moments(trace: Part) -> list[float]:
    if "born" in trace:  # it knows better
        return []
    if "width" not in trace:
        return trace["x"]
    # Coordinates are rounded to microseconds, so an edge may seem to be one microsecond before its event.
    return [x + width / 2 + 2e-6 for x, width in zip(trace["x"], trace["width"], strict=True)]


def trace_as_of(trace: Part, number: int) -> Part:
    """The points of a trace that exist as of this event."""
    plain = {name: value for name, value in trace.items() if name not in ("born", "gone")}
    if "born" not in trace:
        return plain
    born = trace["born"]
    gone = [end or END for end in trace.get("gone") or [0] * len(born)]
    kept = [place for place, (first, last) in enumerate(zip(born, gone, strict=True)) if first <= number < last]
    if len(kept) == len(born):
        return plain
    if trace.get("type") == "heatmap":
        return {**plain, **{name: _columns(trace[name], len(kept)) for name in CELLS}}
    return _points(plain, kept, len(born))


def _points(part: Part, kept: list[int], count: int) -> Part:
    chosen: Part = {}
    for name, value in part.items():
        if isinstance(value, list) and len(value) == count:
            chosen[name] = [value[place] for place in kept]
        else:
            chosen[name] = _points(value, kept, count) if isinstance(value, dict) else value
    return chosen


def _columns(packed: Part, kept: int) -> Part:
    """The first columns of a typed array."""
    rows, columns = map(int, packed["shape"].split(","))
    width = int(packed["dtype"][1:])
    cells = b64decode(packed["bdata"])
    cut = b"".join(cells[row * columns * width :][: kept * width] for row in range(rows))
    return {**packed, "bdata": b64encode(cut).decode(), "shape": f"{rows}, {kept}"}


def _with_gaps(trace: Part) -> Part:
    if trace.get("type") != "heatmap":
        return trace
    return {**trace, **{name: [[cell or None for cell in row] for row in rows(trace[name])] for name in CELLS}}


def _there(parts: list[Part], number: int) -> Iterator[Part]:
    for part in parts:
        if part.get("born", 0) <= number < part.get("gone", END):
            yield {name: value for name, value in part.items() if name not in ("born", "gone")}


def _is_band(shape: Part) -> bool:
    return shape["type"] == "rect" and shape.get("xref") == "x"


def _ended(shape: Part, time: float) -> Part:
    return {**shape, "x1": min(shape["x1"], time)} if _is_band(shape) else shape
