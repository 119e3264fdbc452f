"""The page of a comparison of protocols: one HTML file with the picture, the table and the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from market_sim.analysis.protocol_figures import HEAD, NOTE, figures_of, sentences
from market_sim.analysis.visualization.as_of import finished
from market_sim.analysis.visualization.chart import Table
from market_sim.analysis.visualization.figure import CONFIG, LEFT, RIGHT
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.page import POLICY, embedded, page_style, table_text
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.visualization.protocol_picture import block_table, legend, picture
from market_sim.core.protocols.play import Play

TITLE = "Consensus protocols side by side"
NARROWEST, WIDEST, COLUMN = 760, 1_180, 34


def protocol_page(plays: Sequence[Play]) -> str:
    """The whole page as text."""
    from plotly.offline import get_plotlyjs

    figure = finished(picture(plays))
    data = {"figure": figure, "dark": dark_changes(figure), "config": CONFIG}
    program = (Path(__file__).parent / "protocols.js").read_text(encoding="utf-8")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<title>{TITLE}</title><link rel="icon" href="data:,">',
            f"<style>{page_style()}</style></head><body>",
            '<a class="skip" href="#charts">Skip to the picture</a>',
            f'<header><h1>{TITLE}</h1><button id="theme" type="button" hidden>Dark colours</button></header>',
            f'<main id="charts">{words(plays)}{_figure(plays, figure["layout"]["height"])}</main>',
            f'<script type="application/json" id="data">{embedded(data)}</script>',
            f"<script>{get_plotlyjs()}</script>",
            f'<script type="module">{program}</script>',
            "</body></html>",
        ]
    )


def words(plays: Sequence[Play]) -> str:
    """The table of figures and a sentence for each protocol."""
    table = Table("Figures of each protocol", HEAD, [figures_of(play).cells for play in plays])
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences(plays))
    return f"<section><h2>Figures</h2>{table_text(table)}<p>{NOTE}</p><ul>{said}</ul></section>"


def _figure(plays: Sequence[Play], height: int) -> str:
    width = max(NARROWEST, min(WIDEST, LEFT + RIGHT + COLUMN * plays[0].epochs))
    label = escape(" ".join(sentences(plays)))
    tables = map(block_table, plays)
    details = "".join(
        f"<details><summary>Table: {escape(table.title)}</summary>{table_text(table)}</details>" for table in tables
    )
    return (
        f'<figure role="group" aria-roledescription="chart" aria-label="{label}"><h2>Blocks on one time axis</h2>'
        f'<div class="legends">{legend_list("Blocks", legend(plays))}</div>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Blocks on one time axis: the chart">'
        f'<div class="chart" id="chart-0" style="min-width: {width}px; height: {height}px"></div></div>'
        "<noscript><p>The picture needs JavaScript; the sentences and tables say the same.</p></noscript>"
        f"<figcaption>{details}</figcaption></figure>"
    )
