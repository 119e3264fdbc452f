"""The list of charts, for the exported page and the site.

A new chart is a module with one function, which yields the charts of a run or none, and a line in `CHARTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.results.result import Result
from market_sim.analysis.visualization.as_of import dated
from market_sim.analysis.visualization.chart import Chart, Panel, Part
from market_sim.analysis.visualization.deficit_waterfall import waterfall_charts
from market_sim.analysis.visualization.event_lines import event_lines
from market_sim.analysis.visualization.figure import layered, stacked
from market_sim.analysis.visualization.funding_picture import funding_charts
from market_sim.analysis.visualization.inventory_picture import inventory_charts
from market_sim.analysis.visualization.margin_equity import margin_charts
from market_sim.analysis.visualization.mechanism_timeline import mechanism_charts
from market_sim.analysis.visualization.option_picture import option_charts
from market_sim.analysis.visualization.order_book_timeline import order_book_charts
from market_sim.analysis.visualization.prediction_picture import question_charts
from market_sim.analysis.visualization.reserves_picture import reserves_charts
from market_sim.analysis.visualization.settlement_timeline import settlement_charts
from market_sim.analysis.visualization.spread_picture import spread_charts
from market_sim.analysis.visualization.streamlet_timeline import streamlet_charts
from market_sim.analysis.visualization.warrant_picture import dilution_charts
from market_sim.core.errors import InputError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CHARTS: tuple[Callable[[RunHistory], Iterable[Chart]], ...] = (
    # These share the time axis of the run, in this order from top to bottom.
    order_book_charts,
    mechanism_charts,
    streamlet_charts,
    settlement_charts,
    # These stand alone below.
    spread_charts,
    inventory_charts,
    waterfall_charts,
    margin_charts,
    funding_charts,
    question_charts,
    option_charts,
    dilution_charts,
    reserves_charts,
)


def charts_of(run: RunHistory) -> list[Chart]:
    """All charts of a run."""
    return [chart for make in CHARTS for chart in make(run)] or [_nothing(run)]


def _nothing(run: RunHistory) -> Chart:
    said = "The run has no instruments and no validators, so there is nothing to draw"
    empty = Panel(said, 40, {"showticklabels": False})
    return Chart("nothing", "This run", f"{said}.", "market", run.axis, lambda: [empty], shared=True)


def together(charts: Iterable[Chart], symbol: str | None = None) -> list[Chart]:
    """The charts on the time axis; of charts by instrument only that of this symbol, or the first."""
    shared = [chart for chart in charts if chart.shared]
    symbols = list(dict.fromkeys(chart.symbol for chart in shared if chart.symbol))
    wanted = symbol if symbol in symbols else symbols[0] if symbols else ""
    return [chart for chart in shared if chart.symbol in ("", wanted)]


def drawn_together(run: RunHistory, charts: Iterable[Chart]) -> Part:
    """A figure with these charts on the time axis of the run, and the event lines through all of them."""
    return layered(_panels(charts), run.axis, event_lines(run))


def drawn_alone(run: RunHistory, chart: Chart) -> Part:
    """A figure with one chart outside the timeline."""
    drawn = layered(chart.panels(), chart.axis)
    return dated(drawn, run.known_at) if chart.follows and not chart.shared else drawn


def chart_figure(result: Result, name: str = "", symbol: str | None = None) -> Figure:
    """The chart with this name as a plotly figure; without a name, the timeline of the run."""
    run = RunHistory(result.journal)
    charts = charts_of(run)
    if not name:
        return stacked(_panels(together(charts)), run.axis, event_lines(run))
    found = [one for one in charts if one.name == name and symbol in (None, one.symbol)]
    if not found:
        names = ", ".join(dict.fromkeys(f"{one.name} {one.symbol}".strip() for one in charts))
        raise InputError(f"this run has no chart {' '.join((name, symbol or '')).strip()!r}, it has {names}")
    return stacked(found[0].panels(), found[0].axis, event_lines(run) if found[0].shared else ())


def _panels(charts: Iterable[Chart]) -> list[Panel]:
    return [panel for chart in charts for panel in chart.panels()]
