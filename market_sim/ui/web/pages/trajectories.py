"""The page of a trajectory: how fast to sell, with a slider for the aversion to risk that moves the curve."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.visualization.trajectory_picture import Sale, trajectory_chart
from market_sim.core.errors import InputError
from market_sim.pricing.execution import Impact, urgency
from market_sim.simulation.scenarios.almgren_chriss import BEGINS, ENDS, ETA, SIGMA, SLICES, AlmgrenChrissScenario
from market_sim.simulation.scenarios.scenario import configured
from market_sim.ui.web import run_charts
from market_sim.ui.web.pages.shared import csv_file
from market_sim.ui.web.scenario_form import Field

pages = Blueprint("trajectories", __name__)

USUAL = AlmgrenChrissScenario()
FIELDS = (
    Field("quantity", "Shares to sell", "integer", str(USUAL.quantity), least=1, most=10**9),
    Field("slices", "Slices", "integer", str(SLICES), least=1, most=500),
    Field("seconds", "Seconds in all", "number", f"{ENDS - BEGINS:g}", least=1e-3, most=1e6),
    Field("sigma", "σ: volatility in cents for the root of a second", "number", f"{SIGMA:g}", least=0, most=1e6),
    Field("eta", "η: temporary impact in cents for a share a second", "number", f"{ETA:g}", least=1e-9, most=1e6),
    Field("gamma", "γ: permanent impact in cents for a share", "number", "0", least=0, most=1e6),
)
AVERSION = Field(
    "risk_aversion", "λ: aversion to risk, what a unit of variance costs", "number", f"{USUAL.risk_aversion:g}",
    least=0, most=1e12,
)  # fmt: skip
WHOLE = ("quantity", "slices")
FASTEST = 16.0
"""Kappa times the horizon at the end of the slider: all but a ten-millionth is sold in the first half of the time."""


@pages.get("/trajectory")
def page() -> ResponseReturnValue:
    """The form with its answer."""
    fields = [Field(one.name, one.label, one.kind, _typed(one)[:40]) for one in FIELDS]
    try:
        sale = _sale()
    except InputError as wrong:
        return render_template("trajectory.html", fields=fields, problem=str(wrong), chart=None), 422
    chart = trajectory_chart(sale)
    query: dict[str, Any] = {one.name: _typed(one) for one in (*FIELDS, AVERSION)}
    return render_template(
        "trajectory.html", fields=fields, problem="", chart=chart, legend=run_charts.legend(chart), slider=AVERSION,
        aversion=sale.risk_aversion, run=run_of_it(sale), most=max(sale.risk_aversion, most_of_the_slider(sale)),
        figure=url_for("trajectories.figure", **query), table=url_for("trajectories.table", **query),
    )  # fmt: skip


@pages.get("/trajectory.json")
def figure() -> Response:
    """The picture."""
    return Response(run_charts.alone(trajectory_chart(_asked())), mimetype="application/json")


@pages.get("/trajectory.csv")
def table() -> Response:
    """What each slice sells, and what is left after it by every way."""
    sale = _asked()
    step = sale.seconds / sale.slices
    head = ("slice", "begins_s", "quantity", "left", "left_programmed", "left_even")
    rows = zip(sale.children, sale.held[1:], sale.programmed[1:], sale.even[1:], strict=True)
    return csv_file(head, [(number + 1, number * step, *row) for number, row in enumerate(rows)], "trajectory.csv")


def most_of_the_slider(sale: Sale) -> float:
    """The aversion at its right end, for the continuous trajectory: kappa^2 = lambda sigma^2 / eta."""
    if not sale.impact.sigma:
        return 1.0
    return sale.impact.eta * (FASTEST / sale.seconds / sale.impact.sigma) ** 2


def run_of_it(sale: Sale) -> str:
    """The options of a run of the scenario that follows this schedule; empty where it cannot."""
    if sale[1:4] != (SLICES, ENDS - BEGINS, Impact(SIGMA, ETA)):
        return ""
    aversion = f"{sale.risk_aversion:.6g}"
    try:
        configured(AlmgrenChrissScenario, quantity=sale.quantity, risk_aversion=float(aversion))
    except InputError:
        return ""
    return f"--quantity {sale.quantity} --risk-aversion {aversion}"


def _asked() -> Sale:
    try:
        return _sale()
    except InputError as wrong:
        abort(422, str(wrong))


def _sale() -> Sale:
    numbers = {one.name: _number(one) for one in (*FIELDS, AVERSION)}
    for name in WHOLE:
        if numbers[name] % 1:
            raise InputError(f"{name} is a whole number, found {numbers[name]:g}")
    impact = Impact(numbers["sigma"], numbers["eta"], numbers["gamma"])
    slices, seconds, aversion = int(numbers["slices"]), numbers["seconds"], numbers["risk_aversion"]
    urgency(impact, seconds / slices, aversion)  # refuses a permanent impact that outweighs the temporary one
    return Sale(int(numbers["quantity"]), slices, seconds, impact, aversion)


def _typed(one: Field) -> str:
    return request.args.get(one.name, "").strip() or one.value


def _number(one: Field) -> float:
    text, least, most = _typed(one), one.least or 0, one.most or 0
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise InputError(f"{one.label}: a number from {least:g} to {most:g}, found {text[:40]!r}")
    return value
