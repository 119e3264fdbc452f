"""A chart: its panels, its axis, its sentence and its table.

A chart is drawn in panels that know neither their place nor their neighbours (`figure.py` puts them together), and it
says in a sentence what there is to see. `charts.py` lists all of them; the written page and the site show that list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from market_sim.analysis.history.lifespan import END

Part = dict[str, Any]
"""A trace, a shape or an annotation, as plotly's own dictionary."""

Group = Literal["market", "mechanisms", "consensus", "settlement"]
"""The part of a run that a chart shows."""


@dataclass(frozen=True)
class LegendEntry:
    """A legend entry: the shape (`mark`), the colour (`role`) and the meaning of a mark."""

    mark: str
    role: str
    means: str


@dataclass(frozen=True)
class Table:
    """The data of a chart in rows, for readers who cannot or do not want to look at it."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    worded: bool = False
    """Whether the last two columns are text, left-aligned; all others are numbers."""


@dataclass
class Panel:
    """A panel of a figure with its own vertical axis."""

    title: str
    height: int
    yaxis: Part
    traces: list[Part] = field(default_factory=list)
    shapes: list[Part] = field(default_factory=list)
    annotations: list[Part] = field(default_factory=list)
    covered: bool = False
    """Whether its traces fill the panel and hide lines behind them."""


@dataclass(frozen=True)
class EventLine:
    """A time that is marked in all panels, with a short label above them."""

    time: float
    label: str
    role: str
    strong: bool = False
    """Whether it is rare and important: drawn darker, also over filled panels, and labelled in its own row."""
    hover: str = ""
    born: int = 0
    gone: int = END
    """The events from and to which it is shown."""
    row: int = 0
    """The row of its label, counted from the panels: a strong line whose neighbour is labelled goes one higher."""


class Horizontal(Protocol):
    """The common axis of panels: simulated time, or another quantity."""

    @property
    def is_long(self) -> bool:
        """Whether it is too long for one screen."""

    @property
    def opens_on(self) -> tuple[float, float]:
        """The range shown at first."""

    def ticks(self) -> Part:
        """Its ticks and its title, for plotly."""


@dataclass(frozen=True)
class PlainAxis:
    """An axis without time: prices, or named places side by side."""

    title: str
    low: float
    high: float
    names: Sequence[str] = ()
    """The names at 0, 1, 2 and so on; without names the axis has numbers."""

    is_long = False

    @property
    def opens_on(self) -> tuple[float, float]:
        """The whole range."""
        return self.low, self.high

    def ticks(self) -> Part:
        """The ticks: numbers, or names."""
        places = list(range(len(self.names)))
        named: Part = {"tickmode": "array", "tickvals": places, "ticktext": list(self.names), "tickangle": 0}
        return {"title": {"text": self.title}, **(named if self.names else {"tickformat": ",~r"})}


@dataclass(frozen=True)
class Chart:
    """One chart of one run."""

    name: str
    """The id of this kind of chart, the same in every run; with `symbol` it names one chart of a run."""
    title: str
    sentence: str
    """The finding in this run, computed from the data."""
    group: Group
    axis: Horizontal
    panels: Callable[[], Sequence[Panel]]
    """Draws the panels, at the first use."""
    legend: tuple[LegendEntry, ...] = ()
    table: Table | None = None
    shared: bool = False
    """Whether it shares the time axis with other charts."""
    symbol: str = ""
    """The instrument or token, where each has a chart of this name; a reader of the timeline chooses among those."""

    @property
    def follows(self) -> bool:
        """Whether it can be drawn as of any event: charts along time can, others show the whole run."""
        return not isinstance(self.axis, PlainAxis)
