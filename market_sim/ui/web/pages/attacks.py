"""The attack lab: the form of a search, a search on its way, and its answer."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.simulation.attack_lab import Question
from market_sim.ui.web.attack_form import AttackForm
from market_sim.ui.web.attacker import Search, search
from market_sim.ui.web.pages import live
from market_sim.ui.web.pages.runs import shown
from market_sim.ui.web.pages.scenarios import take
from market_sim.ui.web.pages.shared import library, open_run
from market_sim.ui.web.presentation import streamed
from market_sim.ui.web.run_queue import Job

pages = Blueprint("attacks", __name__)


@pages.get("/attack")
def form() -> str:
    """The form; an address may bring values along."""
    return render_template("attack.html", form=AttackForm.filled(request.args))


@pages.post("/attack")
def start() -> ResponseReturnValue:
    """Start a search with what was typed."""
    filled = AttackForm.filled(request.form)
    asked = filled.read()
    if asked is None:
        return render_template("attack.html", form=filled), 422
    seconds = current_app.config["SEARCH_SECONDS"]
    return redirect(url_for("attacks.page", number=take(Search(asked), task=search, seconds=seconds)), 303)


@pages.get("/attack/<number:number>")
def page(number: int) -> Response | str:
    """How far the search is; once it has ended, its answer with the run that shows it."""
    job, asked = _find(number)
    if not job.is_over:
        before = [other for other in live.queue().pending if other.number < job.number]
        return render_template("attack_live.html", job=job, asked=asked, before=before)
    last = job.notes[-1]
    if last.kind == "refused":
        return render_template("attack.html", form=AttackForm.of(asked), refused=last.content["sentence"])
    if job.cut_short:
        flash(job.cut_short)
    answer, name = last.content["answer"], last.content["run"]
    run = open_run(name) if name and library().find(name) else None
    return streamed(
        "attack_answer.html", answer=answer, run=run, at=run.last if run else 0, shown=shown,
        form=AttackForm.of(asked), asked=asked,
    )  # fmt: skip


def _find(number: int) -> tuple[Job, Question]:
    job = live.queue().find(number)
    if job is None or not isinstance(job.request, Search):
        abort(404, "this search is not remembered; the run that it found, if any, is in the list of runs")
    return job, job.request.question
