"""The common traces of charts: lines, marks and bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market_sim.analysis.visualization.chart import Part
from market_sim.analysis.visualization.palette import LIGHT

HELD: Part = {"shape": "hv"}
"""A line whose value holds until the next point."""


def line(
    name: str, xs: Sequence[float], ys: Sequence[float | None], role: str, hover: str, style: Part | None = None
) -> Part:
    """A line in the colour of this role; the hover text may use the coordinates of the point."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": xs,
        "y": ys,
        "line": {"color": LIGHT[role], "width": 2, **(style or {})},
        "hovertemplate": f"{hover}<extra></extra>",
    }


def marks(
    name: str,
    xs: Sequence[float],
    ys: Sequence[Any],
    said: Sequence[str],
    marker: Part,
    born: list[int] | None = None,
    gone: list[int] | None = None,
) -> Part:
    """Marks with these hover texts; `born` and `gone` are the events that begin and end each mark."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        **({"born": born} if born is not None else {}),
        **({"gone": gone} if gone is not None else {}),
        "x": xs,
        "y": ys,
        "customdata": said,
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": marker,
    }


def filled(symbol: str, size: float | Sequence[float], role: str, **more: Any) -> Part:
    """A mark in the colour of this role with a thin edge of paper, so that neighbours stay apart.

    A symbol that consists of lines has no area: its lines have the colour.
    """
    thin = symbol.endswith("-thin")
    edge = {"color": LIGHT[role if thin else "paper"], "width": 2.2 if thin else 0.8}
    return {"symbol": symbol, "size": size, "color": LIGHT[role], "line": edge, **more}


def bars(name: str, xs: Sequence[float], ys: Sequence[float], role: str, said: Sequence[str], **more: Any) -> Part:
    """Bars with these hover texts."""
    return {
        "type": "bar",
        "name": name,
        "x": xs,
        "y": ys,
        "marker": {"color": LIGHT[role], "line": {"width": 0}},
        "customdata": said,
        "hovertemplate": "%{customdata}<extra></extra>",
        **more,
    }
