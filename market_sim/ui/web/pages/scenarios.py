"""The pages of scenarios: the list, the form of one scenario, and the start of a run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.core.errors import InputError
from market_sim.simulation.scenarios.finder import source_file
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.web.attacker import Search
from market_sim.ui.web.fork_form import PACES, pace_of
from market_sim.ui.web.player import Request
from market_sim.ui.web.run_queue import QueueFull, RunQueue
from market_sim.ui.web.scenario_form import ScenarioForm

pages = Blueprint("scenarios", __name__)


@pages.get("/scenarios")
def listing() -> str:
    """The list of the scenarios of this site."""
    return render_template("scenarios.html", scenarios=[kind() for kind in known().values()])


@pages.get("/scenarios/<name:name>")
def form(name: str) -> str:
    """The form of one scenario; the query string can set its values."""
    kind = scenario(name)
    return render_template("scenario.html", scenario=kind(), form=ScenarioForm.empty(kind, request.args), paces=PACES)


@pages.post("/scenarios/<name:name>")
def start(name: str) -> ResponseReturnValue:
    """Start a run with the values of the form."""
    kind = scenario(name)
    filled = ScenarioForm.typed(kind, request.form)
    read = filled.read()
    if read is None:
        return render_template("scenario.html", scenario=kind(), form=filled, paces=PACES), 422
    parameters, options = read
    paused, speed = _pace()
    place = str(source_file(kind) or kind.name)
    job = take(Request(place, parameters, options, is_paused=paused, speed=speed))
    return redirect(url_for("live.page", number=job), 303)


def _pace() -> tuple[bool, float | None]:
    """Whether the run begins paused, and its speed."""
    try:
        return pace_of(request.form.get("pace", ""))
    except InputError as refused:
        abort(422, str(refused))


def known() -> dict[str, type[Scenario]]:
    """The scenarios of this site by name."""
    return {kind.name: kind for kind in current_app.config["SCENARIOS"]}


def scenario(name: str) -> type[Scenario]:
    """The scenario with this name; 404 when there is none."""
    kind = known().get(name)
    if kind is None:
        abort(404, "there is no scenario of this name")
    return kind


def take(asked: Request | Search, home: str = "", **more: Any) -> int:
    """Add a request to the run queue; 429 when it is full."""
    queue: RunQueue = current_app.extensions["jobs"]
    try:
        return queue.take(asked, home, **more).number
    except QueueFull:
        abort(429, "several runs wait already: let one finish, or stop it")
