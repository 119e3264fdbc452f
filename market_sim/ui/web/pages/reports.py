"""The reports of a run: a page for each kind, and each table as a file."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request, url_for

from market_sim.analysis.reports.flow import WINDOW
from market_sim.analysis.reports.report import FLOW, KINDS, Report, report_of
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.ui.web.pages.shared import csv_file, one_of, open_run

pages = Blueprint("reports", __name__)
PAGE = "page"


@pages.get("/runs/<name:name>/reports/")
def page(name: str) -> str | Response:
    """The report of the kind in the query; with `as` one of its tables as CSV."""
    run = open_run(name)
    kind = one_of("kind", KINDS)
    symbol, window = request.args.get("symbol", "").strip(), request.args.get("window", "").strip() or WINDOW

    def made() -> Report:
        return report_of(run.result, kind, symbol, window)

    try:
        report: Report = run.once(f"report {kind}", made) if kind != FLOW else made()
    except InputError as wrong:
        abort(422, str(wrong))
    chosen = one_of("as", (PAGE, *(sheet.name for sheet in report.sheets)))
    for sheet in report.sheets:
        if sheet.name == chosen:
            return csv_file(sheet.table.names, sheet.rows, f"{run.name}-{kind}-{sheet.name.replace('_', '-')}.csv")
    kinds = [(one, url_for("reports.page", name=name, kind=one)) for one in KINDS]
    asked = {"symbol": symbol, "window": window} if kind == FLOW else {}
    symbols = [event.symbol for event in run.result.journal.of(InstrumentListed)]
    return render_template("report.html", run=run, report=report, kinds=kinds, asked=asked, symbols=symbols)
