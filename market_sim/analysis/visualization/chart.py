"""A chart: what is drawn on which axis, and the same in words.

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
"""The part of the road that a chart shows."""


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


@dataclass(frozen=True)
class Chart:
    """One chart of one run."""

    name: str
    """Which chart it is, the same in every run."""
    title: str
    sentence: str
    """What there is to see in this run, computed from the data."""
    group: Group
    axis: Horizontal
    panels: Callable[[], Sequence[Panel]]
    """Drawn only when somebody looks."""
    legend: tuple[LegendEntry, ...] = ()
    table: Table | None = None
    shared: bool = False
    """Whether it stands with others above one time axis, and not alone."""
    symbol: str = ""
    """The instrument that it is about, when each has such a chart and a reader chooses one."""

    @property
    def follows(self) -> bool:
        """Whether it can be drawn as of any event: what goes along time can, all else tells the whole run."""
        return not isinstance(self.axis, PlainAxis)
