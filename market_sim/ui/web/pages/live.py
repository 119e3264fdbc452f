"""The pages of a running simulation: progress, event stream, pace, and stop button."""

from __future__ import annotations

from pathlib import PurePath

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.api.live.pacing import speed_of
from market_sim.core.errors import InputError
from market_sim.ui.web.fork_form import PACES
from market_sim.ui.web.player import Request, Wish
from market_sim.ui.web.run_queue import Job, QueueFull, RunQueue
from market_sim.ui.web.sse import Streams

pages = Blueprint("live", __name__)


@pages.record_once
def prepare(state) -> None:
    """Give each site a counter of streams."""
    state.app.extensions["streams"] = Streams()


def queue() -> RunQueue:
    """The run queue of this site."""
    return current_app.extensions["jobs"]


def find(number: int) -> Job:
    """The job with this number; 404 when it is not kept."""
    job = queue().find(number)
    if job is None:
        abort(404, "this run is not on its way; finished runs are in the list of runs")
    return job


@pages.get("/live/<number:number>")
def page(number: int) -> ResponseReturnValue:
    """The progress of a run; a redirect to the run once it is finished."""
    job = find(number)
    if not isinstance(job.request, Request):
        return redirect(url_for(job.request.view, number=job.number))
    if job.run is not None:
        if job.cut_short:
            flash(job.cut_short)
        home = job.home.replace("{run}", job.run) if job.is_complete else ""
        return redirect(home or url_for("runs.page", name=job.run))
    name = PurePath(job.request.scenario).stem
    return render_template(
        "live.html", job=job, name=name, state=_state(job, job.request.options.epochs), still=STILL,
        refused=job.notes[-1] if job.is_over else None,
        place=job.place.content if job.place and job.pace["paused"] else None,
        speeds=[(value, said) for value, said in PACES if value != "paused"],
    )  # fmt: skip


STILL = "It stands still at its beginning: “Go on” plays it, “Event ▶” and “Epoch ▶” go one step."


def _state(job: Job, epochs: int | None) -> str:
    """How far the run is, in a sentence."""
    if job.stopped.is_set():
        return "It is stopping; what happened so far is kept."
    passed = max((note.content["epoch"] for note in job.notes if note.kind == "epoch"), default=None)
    if passed:
        return f"Epoch {passed} of {epochs} has passed."
    # One that a person holds does not hold up the others.
    before = [other for other in queue().pending if other.number < job.number and not other.is_held]
    if before and not job.begun:
        return f"It starts after the {before[0].request.noun if len(before) == 1 else f'{len(before)} jobs'} before it."
    if job.pace["paused"] and job.place:
        return STILL
    return "It starts." if passed is None else "It has begun."


@pages.get("/live/<number:number>/figure.json")
def figure(number: int) -> Response:
    """The newest drawing of a running simulation."""
    job = find(number)
    if not job.drawing:
        abort(404, "nothing has been drawn of this run yet")
    answer = Response(job.drawing, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/live/<number:number>/events")
def events(number: int) -> Response:
    """The event stream: a message for each epoch, from the first event that the browser has not seen."""
    stream = current_app.extensions["streams"].open(find(number), seen())
    if stream is None:
        abort(429, "too many pages follow a run already")
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def seen() -> int | None:
    """The number of the last event that the browser has seen; None for no number."""
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


@pages.post("/live/<number:number>/stop")
def stop(number: int) -> ResponseReturnValue:
    """Stop a run, which is stored as a partial run."""
    job = find(number)
    queue().stop(job)
    return redirect(url_for("live.page", number=job.number), 303)


@pages.post("/live/<number:number>/pace")
def pace(number: int) -> ResponseReturnValue:
    """Pause, resume or step a run, change its speed, or show an earlier place while it stands still."""
    job = find(number)
    if not isinstance(job.request, Request):
        abort(409, f"a {job.request.noun} has no pace; it can be stopped")
    try:
        queue().ask(job, _wish(job))
    except InputError as refused:
        abort(422, str(refused))
    except QueueFull:
        abort(429, "several runs stand still already: let one go on, or stop it")
    if request.accept_mimetypes.best == "application/json":
        return "", 204
    return redirect(url_for("live.page", number=job.number), 303)


PLAIN_WISHES = ("pause", "resume", "event", "epoch")


def _wish(job: Job) -> Wish:
    """The wish in the form; a step on from an earlier place only shows the next one."""
    kind = request.form.get("wish", "")
    place = job.place.content if job.place else None
    book = request.form.get("book", "")
    if kind == "speed":
        return Wish("speed", speed_of(request.form.get("speed", "")))
    if kind in ("back", "show") or (kind == "event" and place and place["at"] < place["last"]):
        if place is None:
            raise InputError("this run does not stand still yet: pause it first")
        at = _number(place["last"]) if kind == "show" else place["at"] + (1 if kind == "event" else -1)
        return Wish("show", (min(max(0, at), place["last"]), book))
    if kind not in PLAIN_WISHES:
        raise InputError(f"a run is asked to {', '.join(PLAIN_WISHES)}, back, show or speed, found {kind[:20]!r}")
    return Wish(kind)


def _number(last: int) -> int:
    text = request.form.get("number", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise InputError(f"the number of an event is from 0 to {last}, found {text[:20]!r}")
    return int(text)
