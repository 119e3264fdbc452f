"""The page of an iceberg: how much of an order to display, by the market that is typed or that of a run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.microstructure.iceberg_of_a_run import iceberg_market_of
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.visualization.iceberg_picture import iceberg_chart
from market_sim.core.errors import InputError
from market_sim.pricing.iceberg import USUAL, IcebergMarket, SliceCost, slice_costs
from market_sim.ui.web import run_charts
from market_sim.ui.web.pages.shared import csv_file, open_run
from market_sim.ui.web.scenario_form import Field

pages = Blueprint("icebergs", __name__)

OF_THE_MARKET = {
    "ahead": "Displayed ahead of each slice when it joins",
    "rate": "Traded at the price in a unit of time",
    "volatility_bps": "Volatility in basis points for the root of that time",
    "depth": "Usual depth at a price",
    "information_bps": "Cost of displaying the usual depth, in basis points",
    "risk_aversion": "Aversion to risk, the weight of the risk while it waits",
}
FIELDS = (
    Field("quantity", "Quantity of the whole order", "integer", "1000"),
    Field("lot", "Slices are whole lots of", "integer", "1"),
    *(Field(name, label, "number", f"{getattr(USUAL, name):g}") for name, label in OF_THE_MARKET.items()),
)
WHOLE = ("quantity", "lot")
TIMES_THE_DEPTH = 10
"""How large the order is at first in the market of a run, in what a price usually shows."""
MOST_LOTS = 10_000
"""The most sizes that the page compares; the command compares more."""


@pages.get("/iceberg")
def page() -> ResponseReturnValue:
    """The form with its answer; ?run=NAME begins with the market of that run."""
    typed: dict[str, Any] = {one.name: _typed(one.name) for one in FIELDS}
    try:
        typed, measured = _with_the_run(typed)
        costs = _costs(typed)
    except InputError as wrong:
        return render_template("iceberg.html", fields=_fields(typed), problem=str(wrong), chart=None), 422
    chart = iceberg_chart(costs)
    return render_template(
        "iceberg.html", fields=_fields(typed), problem="", chart=chart, legend=run_charts.legend(chart), typed=typed,
        measured=measured, figure=url_for("icebergs.figure", **typed), table=url_for("icebergs.table", **typed),
    )  # fmt: skip


@pages.get("/iceberg.json")
def figure() -> Response:
    """The picture."""
    return Response(run_charts.alone(iceberg_chart(_asked())), mimetype="application/json")


@pages.get("/iceberg.csv")
def table() -> Response:
    """The cost of every size."""
    rows = [(*one, one.total_bps) for one in _asked()]
    return csv_file((*SliceCost._fields, "total_bps"), rows, "iceberg.csv")


def _asked() -> list[SliceCost]:
    try:
        return _costs({one.name: _typed(one.name) or one.value for one in FIELDS})
    except InputError as wrong:
        abort(422, str(wrong))


def _typed(name: str) -> str:
    return request.args.get(name, "").strip()


def _with_the_run(typed: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What was typed, then what the run in the address says, then the usual values; and the name of the run."""
    name, said = _typed("run"), {}
    if name:
        journal = open_run(name).result.journal
        market = iceberg_market_of(journal, _typed("book") or (book_names(journal) or [""])[0])
        said = {field: f"{value:g}" for field, value in market._asdict().items()}
        said["quantity"] = str(max(1, round(TIMES_THE_DEPTH * market.depth)))
    return {one.name: typed[one.name] or said.get(one.name, one.value) for one in FIELDS}, name


def _costs(typed: dict[str, str]) -> list[SliceCost]:
    quantity, lot = (_number(name, typed[name]) for name in WHOLE)
    if quantity % 1 or lot % 1:
        raise InputError(f"quantity and lot are whole numbers, found {typed['quantity']} and {typed['lot']}")
    if lot and quantity / lot > MOST_LOTS:
        raise InputError(f"this page compares at most {MOST_LOTS:,} lots, found {quantity / lot:,.0f}")
    market = IcebergMarket(**{name: _number(name, typed[name]) for name in OF_THE_MARKET})
    return slice_costs(int(quantity), market, int(lot))


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value <= 1e12:
        label = next(one.label for one in FIELDS if one.name == name)
        raise InputError(f"{label}: a number from 0 to 1e12, found {text[:40]!r}")
    return value


def _fields(typed: dict[str, str]) -> list[Field]:
    return [Field(one.name, one.label, one.kind, (typed[one.name] or one.value)[:40], one.hint) for one in FIELDS]
