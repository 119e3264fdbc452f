"""The page of one figure that belongs to no single run: its words, its picture, its tables, in one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from market_sim.analysis.visualization.as_of import still
from market_sim.analysis.visualization.chart import Chart, LegendEntry, Part, Table
from market_sim.analysis.visualization.document import document, header
from market_sim.analysis.visualization.figure import CONFIG, layered
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.page import table_text
from market_sim.analysis.visualization.palette import dark_changes

WIDTH = 760


def chart_page(chart: Chart, of: str) -> str:
    """The page of one chart, and what it is of."""
    figure = layered(chart.panels(), chart.axis)
    tables = [chart.table] if chart.table else []
    frame = framed(chart.title, chart.sentence, chart.legend, (WIDTH, figure["layout"]["height"]), tables)
    return single_page(f"{chart.title}: {of}", f"<section><p>{escape(chart.sentence)}</p></section>", frame, figure)


def single_page(title: str, words: str, frame: str, figure: Part) -> str:
    """The whole page as text: `words` and `frame` are its HTML, `figure` is plotly's dictionary, all of it shown."""
    figure = still(figure)
    data = {"figure": figure, "dark": dark_changes(figure), "config": CONFIG}
    body = (header(title), f'<main id="charts">{words}{frame}</main>')
    return document(title, ("charts", "picture"), body, data, ("single_figure.js",))


def framed(
    title: str, sentence: str, legend: Sequence[LegendEntry], size: tuple[int, int], tables: Sequence[Table]
) -> str:
    """The frame of the picture, of this width and height: its title, its sentence, its legend and its tables."""
    width, height = size
    details = "".join(
        f"<details><summary>Table: {escape(table.title)}</summary>{table_text(table)}</details>" for table in tables
    )
    return (
        f'<figure role="group" aria-roledescription="chart" aria-label="{escape(sentence)}"><h2>{escape(title)}</h2>'
        f'<div class="legends">{legend_list(title, legend)}</div>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(title)}: the chart">'
        f'<div class="chart" id="chart-0" style="min-width: {width}px; height: {height}px"></div></div>'
        "<noscript><p>The picture needs JavaScript; the sentences and tables say the same.</p></noscript>"
        f"<figcaption>{details}</figcaption></figure>"
    )
