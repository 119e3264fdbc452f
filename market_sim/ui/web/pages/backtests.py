"""The pages of backtests: choose a strategy for the record of a run, its progress, and what it made there."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.results.performance_table import FORMULAS, HEAD, WORDS
from market_sim.core.errors import InputError
from market_sim.simulation.scenarios.finder import source_file
from market_sim.simulation.scenarios.guests import guest
from market_sim.ui.backtest_report import RULES
from market_sim.ui.web import own_strategy
from market_sim.ui.web.backtester import Trial, trial
from market_sim.ui.web.pages import live
from market_sim.ui.web.pages.scenarios import known, strategies, take
from market_sim.ui.web.pages.shared import csv_file, library, open_run
from market_sim.ui.web.run_library import OpenRun
from market_sim.ui.web.run_queue import Job
from market_sim.ui.web.scenario_form import Field, shipped_guests

pages = Blueprint("backtests", __name__)

SHIPPED = Field(
    "strategy", "A shipped strategy", "text", "",
    "For example momentum,cash=10000,threshold_bps=1 or noise,holdings=ACME:50. Empty for one of your own.",
)  # fmt: skip


@pages.get("/runs/<name:name>/backtest")
def form(name: str) -> str:
    """The form; an address may bring a strategy along."""
    run = open_run(name)
    _ = _scenario(run)
    return _shown(run, request.args.get("strategy", ""), "")


@pages.post("/runs/<name:name>/backtest")
def start(name: str) -> ResponseReturnValue:
    """Start a backtest with the strategy of the form."""
    run = open_run(name)
    place = _scenario(run)
    shipped, code = request.form.get("strategy", "").strip(), request.form.get(own_strategy.FIELD, "")
    try:
        if bool(shipped) == bool(code.strip()):
            raise InputError("name a shipped strategy, or write one of your own: one of the two")
        chosen = shipped_guests(shipped) if shipped else own_strategy.saved(code, strategies())
        if guest(chosen).name in run.roll.agents:
            raise InputError(f"{guest(chosen).name} took part in this run; choose another name, name=me")
    except InputError as wrong:
        return _shown(run, shipped, code, str(wrong)), 422
    return redirect(url_for("backtests.page", number=take(Trial(name, place, chosen), task=trial)), 303)


@pages.get("/backtest/<number:number>")
def page(number: int) -> ResponseReturnValue:
    """Its progress; once it has ended, what the strategy made beside those who made the record."""
    job, asked = _find(number)
    if not job.is_over:
        before = [other for other in live.queue().pending if other.number < job.number]
        return render_template("backtest_live.html", job=job, before=before)
    if job.notes[-1].kind == "refused":
        flash(f"There is no backtest: {job.cut_short or job.notes[-1].content['sentence']}")
        there = library().find(asked.run) is not None
        return redirect(url_for("backtests.form", name=asked.run) if there else url_for("runs.listing"))
    return render_template(
        "backtest_answer.html", number=number, run=asked.run, kept=job.notes[-1].kept,
        head=HEAD, names=WORDS, rules=RULES, formulas=FORMULAS,
    )  # fmt: skip


@pages.get("/backtest/<number:number>/figure.json")
def figure(number: int) -> Response:
    """The picture for plotly."""
    return Response(_traded(number)["figure"], mimetype="application/json")


@pages.get("/backtest/<number:number>/trades.csv")
def trades(number: int) -> Response:
    """A row for each trade of the strategy; numbers without the commas and signs that the page has for people."""
    table = _traded(number)["chart"].table
    rows = ([cell.replace(",", "").removeprefix("+") for cell in row] for row in table.rows)
    return csv_file(table.head, rows, "backtest.csv")


def _shown(run: OpenRun, shipped: str, code: str, problem: str = "") -> str:
    fields = {"shipped": Field(SHIPPED.name, SHIPPED.label, SHIPPED.kind, shipped[:500], SHIPPED.hint)}
    return render_template(
        "backtest.html", run=run, **fields, own=own_strategy.FIELD, code=code, problem=problem, rules=RULES
    )


def _scenario(run: OpenRun) -> str:
    """The scenario of a run, from which its instruments are listed again."""
    kind = known().get(run.result.scenario)
    if kind is None:
        abort(409, f"the scenario {run.result.scenario} is not one of this site, so its market cannot be set up again")
    return str(source_file(kind) or kind.name)


def _find(number: int) -> tuple[Job, Trial]:
    job = live.queue().find(number)
    if job is None or not isinstance(job.request, Trial):
        abort(404, "this backtest is not remembered; it can be done again from the page of its run")
    return job, job.request


def _traded(number: int) -> dict[str, Any]:
    job, _ = _find(number)
    kept = job.notes[-1].kept if job.is_over else None
    if not kept or kept["chart"] is None:
        abort(404, "this backtest has no trades")
    return kept
