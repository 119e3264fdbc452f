"""The pages of sweeps: the form of one, its progress, its means and intervals, its runs as a file, and the list."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from market_sim.analysis.sweep_estimates import Estimates
from market_sim.analysis.visualization.figure import CONFIG
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.visualization.sweep_picture import NOTE, legend, picture, sentences, table
from market_sim.core.errors import InputError
from market_sim.simulation.sweep.measures import MEANINGS
from market_sim.simulation.sweep.outcomes_file import StoredSweep, stored_sweep
from market_sim.simulation.sweep.summary import estimates, runs_table
from market_sim.ui.web.pages import live
from market_sim.ui.web.pages.scenarios import known, scenario, take
from market_sim.ui.web.pages.shared import csv_file
from market_sim.ui.web.sweep_form import SweepForm
from market_sim.ui.web.sweeper import Sweep, sweep

pages = Blueprint("sweeps", __name__)

PREFIX, ENDING = "sweep-", ".jsonl"
TITLE = "Means and intervals"


@pages.get("/scenarios/<name:name>/sweep")
def form(name: str) -> str:
    """The form; an address may bring values along."""
    return render_template("sweep.html", form=SweepForm.filled(scenario(name), request.args))


@pages.post("/scenarios/<name:name>/sweep")
def start(name: str) -> ResponseReturnValue:
    """Start a sweep with what was typed."""
    filled = SweepForm.filled(scenario(name), request.form)
    plan = filled.read()
    if plan is None:
        return render_template("sweep.html", form=filled), 422
    seconds = current_app.config["SEARCH_SECONDS"]
    return redirect(url_for("sweeps.underway", number=take(Sweep(plan), task=sweep, seconds=seconds)), 303)


@pages.get("/sweep/<number:number>")
def underway(number: int) -> ResponseReturnValue:
    """How far a sweep is; once it has ended, a redirect to what came of it."""
    job = live.queue().find(number)
    if job is None or not isinstance(job.request, Sweep):
        abort(404, "this sweep is not on its way; the list of sweeps has those whose runs are stored")
    plan = job.request.plan
    if not job.is_over:
        before = [other for other in live.queue().pending if other.number < job.number]
        return render_template("sweep_live.html", job=job, plan=plan, title=plan.scenarios[0].name, before=before)
    last = job.notes[-1]
    if last.kind == "refused":
        flash(f"The sweep ended early: {last.content['sentence']}.")
    elif job.cut_short:
        flash(job.cut_short)
    return redirect(url_for("sweeps.page", name=plan.name) if plan.name in _stored() else url_for("sweeps.listing"))


@pages.get("/sweeps")
def listing() -> str:
    """Every sweep in the results folder, the newest first."""
    found = []
    for name in _stored():
        try:
            found.append((name, _read(name)))
        except InputError:
            continue
    return render_template("sweeps.html", sweeps=found)


@pages.get("/sweeps/<name:name>")
def page(name: str) -> str:
    """The table and the picture of a sweep, as far as its runs are done."""
    found, made, measures = _shown(name)
    return render_template(
        "sweep_answer.html", name=name, sweep=found, made=made, measures=measures, meanings=MEANINGS, note=NOTE,
        title=TITLE, told=sentences(made, measures), table=table(made, measures),
        legend=Markup(legend_list(TITLE, legend(made))), again=_again(found), query=request.args.to_dict(flat=False),
    )  # fmt: skip


@pages.get("/sweeps/<name:name>/figure.json")
def figure(name: str) -> Response:
    """The picture for plotly."""
    _, made, measures = _shown(name)
    drawn = picture(made, measures)
    drawn["layout"].pop("template", None)
    sent = {"figure": drawn, "dark": dark_changes(drawn), "config": CONFIG, "long": False, "stepped": False}
    return Response(msgspec.json.encode(sent), mimetype="application/json")


@pages.get("/sweeps/<name:name>/runs.csv")
def runs(name: str) -> Response:
    """A row for each run that is done."""
    found = _open(name)
    made = runs_table(found.axes, found.outcomes)
    return csv_file(made.names, made.rows, f"{name}.csv")


def _stored() -> dict[str, Path]:
    """The files of sweeps in the results folder by name, the newest first."""
    files = Path(current_app.config["RESULTS"]).glob(f"{PREFIX}*{ENDING}")
    named = [file for file in files if re.fullmatch(r"[A-Za-z0-9._-]+", file.name) and file.is_file()]
    return {file.stem: file for file in sorted(named, key=lambda file: (-file.stat().st_mtime, file.name))}


def _open(name: str) -> StoredSweep:
    try:
        return _read(name)
    except KeyError:
        abort(404, "there is no sweep of this name")
    except InputError as problem:
        abort(422, str(problem))


def _read(name: str) -> StoredSweep:
    return stored_sweep(_stored()[name])


def _shown(name: str) -> tuple[StoredSweep, Estimates, tuple[str, ...]]:
    found = _open(name)
    if not found.outcomes:
        abort(409, "no run of this sweep is done yet")
    made = estimates(found.scenario, found.axes, found.outcomes)
    try:
        return found, made, made.chosen(request.args.getlist("show"))
    except InputError as wrong:
        abort(422, str(wrong))


def _again(found: StoredSweep) -> dict[str, str] | None:
    """The values of the form that asks for the same sweep; None when its scenario is not one of this site."""
    plan = found.plan
    if plan["scenario"] not in known() or (plan["guests"] and ".py" in plan["guests"]):
        return None
    chosen = {f"p-{name}": ",".join(values) for name, values in plan["over"].items()}
    chosen |= {f"p-{name}": value for name, value in plan["fixed"].items()}
    more = {"seeds": plan["repetitions"], "seed": plan["root_seed"], "epochs": plan["epochs"], "guests": plan["guests"]}
    return {"name": plan["scenario"], **chosen, **{name: str(value) for name, value in more.items() if value}}
