"""The page of a fork: choose an event of a run and what changes there; the fork is a run of its own."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import source_file
from market_sim.ui.web.fork_form import ForkForm
from market_sim.ui.web.forking import Fork, Roll
from market_sim.ui.web.pages.live import find
from market_sim.ui.web.pages.scenarios import known, take
from market_sim.ui.web.pages.shared import open_run
from market_sim.ui.web.player import Request

pages = Blueprint("forks", __name__)


@pages.route("/runs/<name:name>/fork", methods=["GET", "POST"])
def of_a_run(name: str) -> ResponseReturnValue:
    """Fork a stored run."""
    run = open_run(name)
    return _answer(run.roll, run.name, run.last, url_for("runs.page", name=name))


@pages.route("/live/<number:number>/fork", methods=["GET", "POST"])
def of_a_running_one(number: int) -> ResponseReturnValue:
    """Fork a run that is on its way and stands still."""
    job = find(number)
    if not isinstance(job.request, Request) or job.place is None:
        abort(409, "this run does not stand still: pause it, and fork it then")
    return _answer(job.place.kept, "", job.place.content["last"], url_for("live.page", number=number))


def _answer(roll: Roll, of: str, last: int, home: str) -> ResponseReturnValue:
    try:
        start = roll.begun
    except InputError as refused:
        abort(409, str(refused))
    kind = known().get(start.scenario)
    if kind is None:
        abort(409, f"the scenario {start.scenario} is not one of this site, so its runs cannot be played again here")
    form = ForkForm.filled(roll, of, last, request.form if request.method == "POST" else request.args)
    if request.method == "GET":
        return render_template("fork.html", form=form, start=start, home=home)
    read = form.read()
    if read is None:
        return render_template("fork.html", form=form, start=start, home=home), 422
    fork, paused, speed = read
    asked = Request(
        str(source_file(kind) or kind.name), dict(start.parameters), Options.of(start), fork=fork, is_paused=paused,
        speed=speed,
    )  # fmt: skip
    return redirect(url_for("live.page", number=take(asked, after(fork))), 303)


def after(fork: Fork) -> str:
    """The page to open when a fork is complete: beside the run that it left, where that one is stored."""
    return url_for("runs.compare", left=fork.of, right="RUN").replace("RUN", "{run}") if fork.of else ""
