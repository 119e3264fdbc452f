"""The runs: the list, the page of one run with its timeline, stepping through it, its journal, two runs compared."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis import extraction, gain_table, refusal_table
from market_sim.analysis.alerts import alert_sentence
from market_sim.analysis.comparison import compare as compare_sides
from market_sim.analysis.comparison import partings, plainly
from market_sim.analysis.history.stepping import KINDS
from market_sim.analysis.history.two_instants import difference
from market_sim.analysis.results import opportunity_table, performance_table, route_table, venue_comparison, venue_table
from market_sim.analysis.results.result import TABLES
from market_sim.analysis.run_header import RunHeader
from market_sim.analysis.summary import document
from market_sim.analysis.visualization.dashboard import Dashboard
from market_sim.analysis.visualization.page import least_width, timeline_page
from market_sim.simulation.engine.consensus import MOST
from market_sim.ui.web import run_charts
from market_sim.ui.web.own_strategy import chosen_again
from market_sim.ui.web.pages.scenarios import known
from market_sim.ui.web.pages.shared import LARGEST_SIZE, ON_A_PAGE, Listed, library, one_of, open_run, whole
from market_sim.ui.web.presentation import streamed
from market_sim.ui.web.run_library import OpenRun
from market_sim.ui.web.scenario_form import behaviours_as_chosen, guests_as_chosen, options_of, rules_as_chosen

pages = Blueprint("runs", __name__)


@pages.get("/runs")
def listing() -> str:
    """Every run in the results folder; the newest is read while the list is looked at."""
    entries = library().entries()
    if entries:
        current_app.extensions["reading_ahead"].begin(entries[0])
    rows = [(entry, own_choices(entry.header)) for entry in entries]
    return render_template("runs.html", rows=rows, damaged=library().damaged())


@pages.get("/runs/<name:name>")
def page(name: str) -> Response:
    """One run: its numbers, its timeline, the way to step through it."""
    run = open_run(name)
    at = whole("event", run.last, run.last)
    playable = run.result.scenario in known()
    return streamed(
        "run.html",
        run=run,
        at=at,
        again=again(run),
        playable=playable,
        shown=shown,
        chosen=own_choices(run.header),
        alert_sentence=alert_sentence,
        extraction=extraction,
        extracted=run.extracted,
        gain_table=gain_table,
        performance_table=performance_table,
        refusal_table=refusal_table,
        venue_table=venue_table,
        opportunity_table=opportunity_table,
        venue_comparison=venue_comparison,
        size=max(1, whole("size", 100, LARGEST_SIZE)),
        route_table=route_table,
        tables=TABLES,
    )


@pages.get("/runs/<name:name>/figure.json")
def figure(name: str) -> Response:
    """The timeline for plotly; `show` says which groups of panels, `symbol` whose order book."""
    run = open_run(name)
    symbol = one_of("symbol", run_charts.symbols(run.charts))
    wanted = tuple(request.args.get("show", "").split(",")) if request.args.get("show") else ()
    known = run_charts.groups(run.charts)
    chosen = tuple(group for group in known if not wanted or group in wanted)
    return Response(run_charts.figure(run, symbol, chosen), mimetype="application/json")


@pages.get("/runs/<name:name>/pictures/<number:number>.json")
def picture(name: str, number: int) -> Response:
    """One picture of a mechanism for plotly."""
    run = open_run(name)
    if number >= len(run_charts.pictures(run.charts)):
        abort(404, "this run has no picture of this number")
    return Response(run_charts.picture(run, number).answer, mimetype="application/json")


@pages.get("/runs/<name:name>/instant.json")
def instant(name: str) -> Response:
    """The state just after one event, and the next event in the chosen direction when `move` asks for it."""
    run = open_run(name)
    stepper = run.stepper
    at = whole("event", run.last, run.last)
    move = one_of("move", ("stay", "on", "back"))
    kind = one_of("kind", tuple(KINDS))
    symbol = one_of("symbol", run_charts.symbols(run.charts))
    if move != "stay":
        found = stepper.step(at, move == "on", kind, request.args.get("account", ""))
        if found is None:
            return jsonify(end=True, at=at)
        at = found
    return jsonify(end=False, at=at, instant=run_charts.plain(stepper.instant(at, symbol)))


@pages.get("/runs/<name:name>/difference")
def two_instants(name: str) -> str:
    """The books, the balances and the blocks after two events, side by side."""
    run = open_run(name)
    then, now = whole("then", 0, run.last), whole("event", run.last, run.last)
    sections = difference(run.result.journal, then, now, run.stepper, run.history.books)
    return render_template(
        "difference.html", run=run, sections=sections, moments=[run.stepper.moment(at) for at in (then, now)]
    )


@pages.get("/runs/<name:name>/journal")
def journal(name: str) -> str:
    """The events of a run in words, page by page."""
    run = open_run(name)
    first = whole("from", 0, run.last)
    kind = one_of("kind", tuple(KINDS))
    account = request.args.get("account", "")
    moments = run.stepper.listed(first, ON_A_PAGE + 1, kind, account)
    return render_template(
        "journal.html",
        run=run,
        listed=Listed(moments[:ON_A_PAGE], first, moments[ON_A_PAGE].number if len(moments) > ON_A_PAGE else None),
        kind=kind,
        account=account,
        kinds=run.stepper.kinds,
        accounts=run.stepper.names,
    )


@pages.get("/runs/<name:name>/export")
def export(name: str) -> Response:
    """The timeline as one file that opens without a server."""
    run = open_run(name)
    text = run.once("export", lambda: timeline_page(run.result, run.cut))
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="{run.name}.html"'
    return answer


@pages.get("/runs/<name:name>/dashboard")
def dashboard(name: str) -> Response:
    """The dashboard as one file that opens without a server."""
    run = open_run(name)
    text = run.once("dashboard", lambda: Dashboard(run.result).generate_html_dashboard())
    answer = Response(text, mimetype="text/html")
    answer.headers["Content-Disposition"] = f'attachment; filename="{run.name}-dashboard.html"'
    return answer


@pages.get("/runs/<name:name>/summary.json")
def summary(name: str) -> Response:
    """The same numbers that `simulate.py --json` prints."""
    run = open_run(name)
    if run.summary is None:
        abort(404, "this run has no validators, and so no summary")
    return Response(json.dumps(document(run.summary, run.name, None), indent=2), mimetype="application/json")


@pages.get("/runs/compare")
def compare() -> ResponseReturnValue:
    """Two runs side by side: what was chosen differently, and what came of it."""
    names = request.args.get("left", ""), request.args.get("right", "")
    if not all(names):
        return redirect(url_for("runs.listing"))
    if any(library().find(name) is None for name in names):
        abort(404, "there is no run of this name")
    left, right = (open_run(name) for name in names)
    return render_template(
        "compare.html",
        sides=[left, right],
        sections=compare_sides(left.side, right.side),
        partings=list(partings(left.result.journal, right.result.journal)),
    )


def own_choices(header: RunHeader) -> dict[str, str]:
    """The parameters of a run that are not at their defaults, as people read them."""
    kind = known().get(header.scenario)
    defaults = kind().parameters if kind else {}
    return {name.replace("_", " "): plainly(value) for name, value in header.differing(defaults).items()}


def shown(run: OpenRun) -> dict[str, Any]:
    """What the timeline and its stepper need, on the page of a run and on that of a lesson."""
    return {
        "kinds": run.stepper.kinds,
        "accounts": run.stepper.names,
        "symbols": run_charts.symbols(run.charts),
        "groups": run_charts.groups(run.charts),
        "charts": [chart for chart in run.charts if chart.shared],
        "legends": run_charts.legends(run.charts),
        "pictures": run_charts.pictures(run.charts),
        "picture": partial(run_charts.picture, run),
        "legend": run_charts.legend,
        "width": least_width(run.history.axis.crowd),
    }


def again(run: OpenRun) -> dict[str, str]:
    """What the form of the scenario must hold to play this run again."""
    values = {f"p-{name}": _typed(value) for name, value in run.start.parameters.items()}
    fields = {one.name for one in options_of()}
    chosen = {name: _typed(value) for name, value in run.start.options.items() if name in fields}
    chosen["rules"] = rules_as_chosen(chosen.get("rules", ""), run.name)
    behaviours = run.start.options.get("byzantine")
    if behaviours:
        chosen |= behaviours_as_chosen(str(behaviours), int(run.start.options.get("validators") or MOST))
    folder = Path(current_app.config["INSTANCE"]) / "strategies"
    guests, own = chosen_again(str(run.start.options.get("guests") or ""), folder)
    chosen |= guests_as_chosen(guests) | own
    return {**values, **chosen, "epochs": str(run.start.epochs), "seed": str(run.start.seed)}


def _typed(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
