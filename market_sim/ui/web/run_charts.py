"""The charts of a run for the site: figures as JSON for plotly, drawn at their first use."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from markupsafe import Markup

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.visualization.chart import Chart, Horizontal, LegendEntry, Part
from market_sim.analysis.visualization.charts import charts_of, drawn_alone, drawn_together, together
from market_sim.analysis.visualization.figure import CONFIG, layered
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.core.data.journal import Journal

if TYPE_CHECKING:
    from market_sim.ui.web.run_library import OpenRun


def groups(charts: Iterable[Chart]) -> tuple[str, ...]:
    """The groups of charts in the timeline of a run: market, mechanisms, consensus, settlement."""
    return tuple(dict.fromkeys(chart.group for chart in charts if chart.shared))


def symbols(charts: Iterable[Chart]) -> tuple[str, ...]:
    """The instruments with a chart of their own in the timeline, the most traded first."""
    return tuple(dict.fromkeys(chart.symbol for chart in charts if chart.shared and chart.symbol)) or ("",)


def pictures(charts: Iterable[Chart]) -> list[Chart]:
    """The charts outside the timeline, in the order of the exported page."""
    return [chart for chart in charts if not chart.shared]


def figure(run: OpenRun, symbol: str, chosen: tuple[str, ...]) -> bytes:
    """The timeline with these groups and this instrument."""
    return run.once(f"figure/{symbol}/{chosen}", lambda: drawing(run.history, run.charts, symbol, chosen))


class Picture(NamedTuple):
    """A drawn chart outside the timeline: its height in pixels, and its figure."""

    height: int
    answer: bytes


def picture(run: OpenRun, number: int) -> Picture:
    """One of the charts outside the timeline."""
    shown = pictures(run.charts)[number]
    return run.once(f"picture/{number}", lambda: _picture(run.history, shown))


def _picture(history: RunHistory, chart: Chart) -> Picture:
    drawn = drawn_alone(history, chart)
    return Picture(drawn["layout"]["height"], _answer(drawn, chart.axis, stepped=chart.follows))


def _answer(figure: Part, axis: Horizontal, **more: Any) -> bytes:
    """A figure with its dark colours and its configuration, as JSON."""
    figure["layout"].pop("template", None)
    # Empty traces are not sent.
    figure["data"] = [trace for trace in figure["data"] if trace.get("x", True)]
    known = {"figure": figure, "dark": dark_changes(figure), "config": CONFIG, "long": axis.is_long}
    return msgspec.json.encode({**known, **more})


def alone(chart: Chart) -> bytes:
    """The figure of a chart that is no part of a run's page."""
    return _answer(layered(chart.panels(), chart.axis), chart.axis, stepped=False)


def prepare(run: OpenRun) -> None:
    """Compute what the page of a run shows at first."""
    run.once("prepared", lambda: (run.summary, run.extracted, run.stepper))
    for number, _ in enumerate(pictures(run.charts)):
        picture(run, number)
    figure(run, symbols(run.charts)[0], groups(run.charts))


def drawing(history: RunHistory, charts: list[Chart], symbol: str, chosen: tuple[str, ...]) -> bytes:
    """The chosen charts on one time axis, as JSON."""
    shown = [chart for chart in together(charts, symbol) if chart.group in chosen]
    axis = history.axis
    return _answer(drawn_together(history, shown), axis, stepped=True, window=axis.opens_on, whole=axis.whole)


def drawing_so_far(journal: Journal) -> bytes:
    """The timeline of a running simulation so far, with the most traded instrument, as JSON."""
    history = RunHistory(journal)
    charts = charts_of(history)
    return drawing(history, charts, symbols(charts)[0], groups(charts))


def legend(chart: Chart) -> Markup:
    """A legend as HTML, which the chart's own module has escaped."""
    return Markup(legend_list(chart.title, chart.legend))


def legends(charts: Iterable[Chart]) -> Iterator[tuple[str, Markup]]:
    """The legend of each group of the timeline, in which several charts share their marks."""
    entries: dict[str, dict[LegendEntry, None]] = {}
    for chart in charts:
        if chart.shared:
            entries.setdefault(chart.group, {}).update(dict.fromkeys(chart.legend))
    for group, marks in entries.items():
        yield group, Markup(legend_list(group, tuple(marks)))


def plain(value: Any) -> dict[str, Any]:
    """A frozen value as JSON objects."""
    return dataclasses.asdict(value)
