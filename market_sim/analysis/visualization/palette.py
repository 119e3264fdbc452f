"""The colours of the charts: for each meaning one light and one dark colour.

Charts are drawn with the light colours. Every light colour is unique, so the dark figure is found by looking each
colour up; the page gets the list of places where the two differ. The pairs blue and orange (buyers and sellers), and
green and grey (final and orphaned) stay apart for colour-blind readers, and each mark has its own shape as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ROLES: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#12161b"),
    "ink": ("#1d2733", "#e4e9ef"),
    "muted": ("#586572", "#9fabb8"),
    "grid": ("#e4e8ec", "#28303a"),
    "edge": ("#c3cad1", "#3d4853"),
    "ground": ("#edf6ef", "#14241b"),
    "final": ("#1a7f37", "#2c8f4b"),
    "final-line": ("#a8d5b5", "#2d5a3b"),
    "final-edge": ("#0c4a1d", "#6fd08c"),
    "final-text": ("#fefefe", "#fdfdfd"),
    "good": ("#17702f", "#62cf88"),
    "notarized": ("#f2a33c", "#d08a28"),
    "notarized-edge": ("#854c00", "#ffcf8a"),
    "notarized-text": ("#241500", "#1a0f00"),
    "orphan": ("#cdd2d7", "#46505b"),
    "orphan-edge": ("#545f6a", "#a3aebb"),
    "orphan-text": ("#20262c", "#eef1f4"),
    "stray": ("#7a858f", "#8793a0"),
    "proposed": ("#fffffe", "#1a2028"),
    "proposed-edge": ("#3f4a55", "#c4ced8"),
    "leader": ("#2c46b3", "#93a9ff"),
    "bad": ("#b3141f", "#ff7d84"),
    "act": ("#7a3aa3", "#d09cf5"),
    "fault": ("#f7e3e4", "#3a1d22"),
    "bid-line": ("#08306b", "#a9d3ff"),
    "ask-line": ("#7f2704", "#ffc08f"),
    "buy": ("#2171b5", "#62aef0"),
    "sell": ("#c2571a", "#f5964f"),
    "bid-thin": ("#d4e4f3", "#132a42"),
    "bid-some": ("#6baed6", "#265c94"),
    "bid-deep": ("#08519c", "#5199dd"),
    "ask-thin": ("#fde2c8", "#3a2412"),
    "ask-some": ("#f0a044", "#8f4f18"),
    "ask-deep": ("#a84e05", "#d98537"),
    "flow-pledge": ("#999933", "#b9b95c"),
    "flow-right": ("#332288", "#a79be0"),
    "flow-gain": ("#44aa99", "#5cc4b3"),
    "flow-funding": ("#aa4499", "#d67cc8"),
    "flow-pair": ("#c99a1e", "#e8c15f"),
    "flow-credit": ("#6699cc", "#7fb2e6"),
    "flow-fee": ("#7b7b7b", "#a0a0a0"),
    "flow-loss": ("#882255", "#e0709c"),
    # Around a text, so that a line that crosses it ends before it.
    "halo": (
        ", ".join(["0 0 2px #ffffff"] * 4 + ["0 0 5px #ffffff"] * 4),
        ", ".join(["0 0 2px #12161b"] * 4 + ["0 0 5px #12161b"] * 4),
    ),
}

LIGHT = {role: pair[0] for role, pair in ROLES.items()}
NOTHING = "rgba(0,0,0,0)"
_DARK_OF = dict(ROLES.values())

Change = tuple[list[str | int], str, str]
"""The path of a colour in a figure, with its light and its dark value."""


def dark_changes(figure: Any) -> list[Change]:
    """The colours of a figure that differ in the dark theme."""
    return list(_differences(figure, []))


def _differences(part: Any, path: list[str | int]) -> Iterator[Change]:
    if isinstance(part, str):
        if part in _DARK_OF:
            yield path, part, _DARK_OF[part]
    elif isinstance(part, dict):
        for name, value in part.items():
            yield from _differences(value, [*path, name])
    elif isinstance(part, (list, tuple)):
        for place, value in enumerate(part):
            if isinstance(value, (str, dict, list, tuple)):
                yield from _differences(value, [*path, place])


def style_variables(dark: bool) -> str:
    """The colours as CSS variables."""
    return " ".join(f"--{role}: {pair[dark]};" for role, pair in ROLES.items())
