"""The page of a counterfactual: a run beside the same run without one participant."""

from __future__ import annotations

import dataclasses

import msgspec
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from market_sim.analysis.impact import Impact, impacts
from market_sim.analysis.impact_table import HEAD, NOTES, impact_rows, impact_sentences, shown
from market_sim.analysis.visualization.figure import CONFIG
from market_sim.analysis.visualization.impact_picture import LEGEND, TITLE, impact_picture, impact_tables
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.simulation.counterfactual import left_out, name_without
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import source_file
from market_sim.ui.web.pages.scenarios import known, take
from market_sim.ui.web.pages.shared import library, open_run
from market_sim.ui.web.player import Request
from market_sim.ui.web.run_library import OpenRun

pages = Blueprint("counterfactuals", __name__)


@pages.post("/runs/<name:name>/without")
def start(name: str) -> ResponseReturnValue:
    """Play a run without the participant in the form."""
    run = open_run(name)
    agent = request.form.get("agent", "")
    if agent not in run.roll.agents:
        abort(422, f"choose one of the participants of this run, found {agent[:40]!r}")
    kind = known().get(run.result.scenario)
    if kind is None:
        abort(409, f"the scenario {run.result.scenario} is not one of this site, so it cannot be played again here")
    begun = run.roll.begun
    asked = Request(
        str(source_file(kind) or kind.name), dict(begun.parameters), Options.of(begun), name_without(name, agent),
        run.roll.absence(agent),
    )  # fmt: skip
    home = url_for("counterfactuals.page", name=name, other="RUN").replace("RUN", "{run}")
    return redirect(url_for("live.page", number=take(asked, home)), 303)


@pages.get("/runs/<name:name>/without")
def page(name: str) -> str:
    """The true impact and shortfall of the participant that is missing in the other run."""
    run, other, agent = _pair(name)
    found = _impacts(run, other, agent)
    return render_template(
        "without.html", run=run, other=other, agent=agent, head=HEAD, rows=impact_rows(found), notes=NOTES,
        sentences=list(impact_sentences(found, agent)), tables=impact_tables(found), title=TITLE,
        legend=Markup(legend_list(TITLE, LEGEND)),
    )  # fmt: skip


@pages.get("/runs/<name:name>/without.json")
def figure(name: str) -> Response:
    """The picture of the two price paths."""
    run, other, agent = _pair(name)
    drawn = impact_picture(_impacts(run, other, agent), run.result.journal)
    drawn["layout"].pop("template", None)
    shown_so = {"figure": drawn, "dark": dark_changes(drawn), "config": CONFIG, "long": False, "stepped": False}
    return Response(msgspec.json.encode(shown_so), mimetype="application/json")


def _pair(name: str) -> tuple[OpenRun, OpenRun, str]:
    """The run, the same run without a participant, and who that is."""
    run = open_run(name)
    wanted = request.args.get("other", "")
    if library().find(wanted) is None:
        abort(404, "there is no run of this name")
    other = open_run(wanted)
    agent = left_out(Options.of(other.start))
    alike = dataclasses.replace(Options.of(other.start), without=Options.of(run.start).without)
    same = (run.start.scenario, run.start.parameters) == (other.start.scenario, other.start.parameters)
    if not (same and alike == Options.of(run.start) and agent in run.roll.agents):
        abort(404, f"{wanted} is not this run without one of its participants")
    return run, other, agent


def _impacts(run: OpenRun, other: OpenRun, agent: str) -> list[Impact]:
    key = f"impact/{other.manifest.fingerprint}"
    return run.once(key, lambda: shown(impacts(run.result.journal, other.result.journal, agent)))
