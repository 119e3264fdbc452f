"""The tables of a run as files: each of those that `simulate.py export` writes, and the venues at one instant."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from market_sim.analysis.results.result import TABLES
from market_sim.analysis.results.table import Table
from market_sim.analysis.results.venue_comparison import comparison_table, comparisons
from market_sim.ui.web.pages.shared import LARGEST_SIZE, csv_file, open_run, whole

pages = Blueprint("tables", __name__)


@pages.get("/runs/<name:name>/tables/<table>.csv")
def table(name: str, table: str) -> Response:
    """One of the tables."""
    if table not in TABLES:
        abort(404, f"a run has the tables {', '.join(TABLES)}")
    run = open_run(name)

    def made() -> Table:
        found: Table = getattr(run.result, table)
        return found

    return _file(run.once(f"table {table}", made), f"{name}-{table}.csv")


@pages.get("/runs/<name:name>/venues.csv")
def venues(name: str) -> Response:
    """The venues after one event, for a quantity: one row for each book."""
    run = open_run(name)
    at, size = whole("event", run.last, run.last), max(1, whole("size", 100, LARGEST_SIZE))
    return _file(comparison_table(comparisons(run.result.journal, at, size)), f"{name}-venues-at-{at}.csv")


def _file(found: Table, name: str) -> Response:
    return csv_file(found.names, found.rows, name)
