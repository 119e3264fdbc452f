"""A report as one HTML file that opens without a server and without scripts."""

from __future__ import annotations

from html import escape

from market_sim.analysis.reports.report import Report
from market_sim.analysis.reports.sheet import Sheet
from market_sim.analysis.visualization.chart import Table
from market_sim.analysis.visualization.document import page_style
from market_sim.analysis.visualization.page import table_text
from market_sim.analysis.visualization.palette import style_variables
from market_sim.core.models.figures import Figures

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"


def report_page(report: Report, figures: Figures) -> str:
    """The whole file."""
    dark = style_variables(dark=True)
    advice = "".join(f"<li>{escape(str(one))}</li>" for one in report.recommendations)
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)}</title><style>{page_style()}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ color-scheme: dark; {dark} }} }}",
            "</style></head><body><main>",
            f"<header><h1>{escape(report.title)}</h1></header>",
            *(f"<p>{escape(one)}</p>" for one in report.sentences),
            f"<section><h2>Recommendations</h2><ul>{advice}</ul></section>" if advice else "",
            *(_section(sheet, figures) for sheet in report.sheets),
            "</main></body></html>\n",
        ]
    )


def _section(sheet: Sheet, figures: Figures) -> str:
    rows = sheet.shown(figures)
    told = table_text(Table(sheet.title, sheet.labels, rows)) if rows else "<p>There is nothing to tell.</p>"
    return f"<section><h2>{escape(sheet.title)}</h2><p>{escape(sheet.sentence)}</p>{told}</section>"
