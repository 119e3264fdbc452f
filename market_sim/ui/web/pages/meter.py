"""The page of the honest meter: what was claimed, and what was measured here last."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template

from market_sim.analysis.words import Words
from market_sim.core.data.journal import Journal
from market_sim.ui.meter.measuring import meter_report
from market_sim.ui.meter.readings import read
from market_sim.ui.web.pages.shared import csv_file, one_of

pages = Blueprint("meter", __name__)


@pages.get("/meter")
def page() -> str | Response:
    """Every claim with its reading, and the tables behind them; with `as` one of them as CSV."""
    report = meter_report(read(Path(current_app.config["RESULTS"])))
    chosen = one_of("as", ("page", *(sheet.name for sheet in report.sheets)))
    for sheet in report.sheets:
        if sheet.name == chosen:
            return csv_file(sheet.table.names, sheet.rows, f"meter-{sheet.name}.csv")
    return render_template("meter.html", report=report, words=Words(Journal()))
