"""The page of the microscope: what trading cost in a run, who knew more, and each table as a file."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request

from market_sim.analysis.history.time_axis import TimeAxis
from market_sim.analysis.microstructure.microscope import Microscope
from market_sim.analysis.microstructure.report_rows import TITLES, UNITS, Money, presented, texts_around
from market_sim.analysis.microstructure.report_tables import report
from market_sim.analysis.results.table import Table
from market_sim.analysis.visualization.chart import Chart
from market_sim.analysis.visualization.microscope_picture import microscope_charts
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import InstrumentListed
from market_sim.ui.web import run_charts
from market_sim.ui.web.pages.shared import csv_file, open_run
from market_sim.ui.web.run_library import OpenRun

pages = Blueprint("microscopes", __name__)


@pages.get("/runs/<name:name>/microscope")
def page(name: str) -> str:
    """The pictures and the tables."""
    run = open_run(name)
    agent, found, tables, charts = _measured(run)
    money = Money(run.result.journal.of(InstrumentListed))
    shown = [(one.name, TITLES[one.name], presented(one, money), texts_around(one)) for one in tables if one.rows]
    return render_template(
        "microscope.html", run=run, agent=agent, agents=found.agents, charts=charts, legend=run_charts.legend,
        tables=shown, units=UNITS,
    )  # fmt: skip


@pages.get("/runs/<name:name>/microscope/<chart>.json")
def figure(name: str, chart: str) -> Response:
    """One of the pictures."""
    _, _, _, charts = _measured(open_run(name))
    wanted = next((one for one in charts if one.name == chart), None)
    if wanted is None:
        abort(404, "this run has no such picture")
    return Response(run_charts.alone(wanted), mimetype="application/json")


@pages.get("/runs/<name:name>/microscope/<table>.csv")
def file(name: str, table: str) -> Response:
    """One of the tables, as plain numbers."""
    _, _, tables, _ = _measured(open_run(name))
    wanted = next((one for one in tables if one.name == table), None)
    if wanted is None:
        abort(404, "there is no such table")
    return csv_file(wanted.names, wanted.rows, f"{name}-{table}.csv")


def _measured(run: OpenRun) -> tuple[str, Microscope, list[Table], list[Chart]]:
    """The participant in the address (empty for none), and what was measured; once for each."""
    agent = request.args.get("agent", "")
    if agent and agent not in run.roll.agents:
        abort(422, f"choose one of the participants of this run, found {agent[:40]!r}")

    def work() -> tuple[str, Microscope, list[Table], list[Chart]]:
        journal = run.result.journal
        found = Microscope(journal, agent or None)
        return agent, found, report(found), list(microscope_charts(found, TimeAxis.of(journal)))

    try:
        return run.once(f"microscope/{agent}", work)
    except InputError as refused:
        abort(409, str(refused))
