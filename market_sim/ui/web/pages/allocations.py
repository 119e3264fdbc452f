"""The page of an allocation: how a maker's capital would have divided over the books of a run."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from market_sim.analysis.microstructure.allocation_of_books import NOTE, Allocation, allocation_of, weights_table
from market_sim.analysis.visualization.allocation_picture import allocation_chart
from market_sim.analysis.visualization.chart import Chart
from market_sim.core.errors import InputError
from market_sim.ui.web import run_charts
from market_sim.ui.web.pages.shared import csv_file, one_of, open_run
from market_sim.ui.web.run_library import OpenRun

pages = Blueprint("allocations", __name__)


@pages.get("/runs/<name:name>/allocation")
def page(name: str) -> str | Response:
    """The frontier with its sentence and its table; with `as` the table as CSV."""
    run = open_run(name)
    if one_of("as", ("page", "csv")) == "csv":
        file = weights_table(_found(run))
        return csv_file(file.names, file.rows, f"{run.name}-allocation.csv")
    chart = _chart(run)
    several = len(_found(run).books) > 1  # the frontier of one book is a point
    return render_template(
        "allocation.html", run=run, chart=chart, several=several, legend=run_charts.legend(chart), note=NOTE
    )


@pages.get("/runs/<name:name>/allocation.json")
def figure(name: str) -> Response:
    """The picture of the frontier."""
    return Response(run_charts.alone(_chart(open_run(name))), mimetype="application/json")


def _chart(run: OpenRun) -> Chart:
    found = _found(run)
    return run.once("allocation chart", lambda: allocation_chart(found))


def _found(run: OpenRun) -> Allocation:
    try:
        return run.once("allocation", lambda: allocation_of(run.result.journal))
    except InputError as refused:
        abort(409, str(refused))
