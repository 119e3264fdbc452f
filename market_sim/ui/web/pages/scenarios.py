"""The pages of scenarios: the list, the form of one scenario, and the start of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.core.errors import InputError
from market_sim.simulation.scenarios.finder import source_file
from market_sim.simulation.scenarios.guests import SEPARATOR
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.web import own_strategy
from market_sim.ui.web.fork_form import PACES, pace_of
from market_sim.ui.web.pages.shared import open_run
from market_sim.ui.web.player import Asked, Request
from market_sim.ui.web.run_queue import QueueFull, RunQueue
from market_sim.ui.web.scenario_form import RULES_OF_RUN, ScenarioForm

pages = Blueprint("scenarios", __name__)


@pages.get("/scenarios")
def listing() -> str:
    """The list of the scenarios of this site."""
    return render_template("scenarios.html", scenarios=[kind() for kind in known().values()])


@pages.get("/scenarios/<name:name>")
def form(name: str) -> str:
    """The form of one scenario; the query string can set its values."""
    kind = scenario(name)
    code = own_strategy.kept(request.args.get(own_strategy.KEPT, ""), strategies())
    return _shown(kind, ScenarioForm.empty(kind, request.args), code)


@pages.post("/scenarios/<name:name>")
def start(name: str) -> ResponseReturnValue:
    """Start a run with the values of the form."""
    kind = scenario(name)
    filled = ScenarioForm.typed(kind, request.form)
    read = filled.read()
    code = request.form.get(own_strategy.FIELD) or own_strategy.kept(
        request.form.get(own_strategy.KEPT, ""), strategies()
    )
    guest, problem = _own(code) if code.strip() else ("", "")
    if read is None or problem:
        return _shown(kind, filled, code, problem), 422
    parameters, options = read
    options = replace(
        options, guests=SEPARATOR.join(filter(None, (options.guests, guest))) or None, rules=_rules(options.rules)
    )
    paused, speed = _pace()
    place = str(source_file(kind) or kind.name)
    job = take(Request(place, parameters, options, is_paused=paused, speed=speed))
    return redirect(url_for("live.page", number=job), 303)


def strategies() -> Path:
    """The folder of the strategies that were typed into forms."""
    return Path(current_app.config["INSTANCE"]) / "strategies"


def _shown(kind: type[Scenario], form: ScenarioForm, code: str, problem: str = "") -> str:
    own = {"name": own_strategy.FIELD, "code": code, "error": problem}
    return render_template("scenario.html", scenario=kind(), form=form, paces=PACES, own=own)


def _own(code: str) -> tuple[str, str]:
    """The guest of this code, or what is wrong with it."""
    try:
        return own_strategy.saved(code, strategies()), ""
    except InputError as wrong:
        return "", str(wrong)


def _rules(chosen: str | None) -> str | None:
    """The rules that were chosen; for those of a stored run, the text of its rules file."""
    if chosen is None or not chosen.startswith(RULES_OF_RUN):
        return chosen
    return str(open_run(chosen.removeprefix(RULES_OF_RUN)).start.options.get("rules") or "") or None


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


def take(asked: Asked, home: str = "", **more: Any) -> int:
    """Add a request to the run queue; 429 when it is full."""
    queue: RunQueue = current_app.extensions["jobs"]
    try:
        return queue.take(asked, home, **more).number
    except QueueFull:
        abort(429, "several runs wait already: let one finish, or stop it")
