"""The page of an execution in the past: candles and an order are typed, figures, picture and table answer."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from decimal import Decimal
from threading import Lock
from typing import NamedTuple

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.microstructure.candle_file import candle_text, candles_of, read_candles
from market_sim.analysis.microstructure.execution_plans import Plans, plans_of
from market_sim.analysis.microstructure.past_execution import (
    LOT_IN_A_RUN,
    NOTE,
    OVER_IN_A_RUN,
    USD,
    PastOrder,
    execute,
    impact_curve,
)
from market_sim.analysis.results.market_tables import book_names
from market_sim.analysis.results.table import Table
from market_sim.analysis.visualization.chart import Chart
from market_sim.analysis.visualization.past_picture import curve_sentence, past_chart, past_figures, past_file
from market_sim.analysis.visualization.plans_picture import plans_chart, plans_file, plans_sentence
from market_sim.core.errors import InputError
from market_sim.ui.web import run_charts
from market_sim.ui.web.pages.shared import csv_file, open_run
from market_sim.ui.web.scenario_form import Field

pages = Blueprint("executions", __name__)

KEPT = 16
"""The number of answers that are remembered; each can be computed again from its form."""
FIELDS = (
    Field("quantity", "Quantity", "number", "500"),
    Field("over", "In the last candles", "integer", "168", "One slice in each; 168 hours are 7 days."),
    Field("lot", "Smallest quantity", "number", "0.01"),
    Field("tick", "Smallest price step", "number", "0.01", "In the currency of the candles."),
    Field("currency", "Currency of the candles", "text", USD),
)
SHARE_OF_VOLUME = 40
"""The quantity for a run is the volume of its last candles over this: a quarter of what their books hold."""


class Answer(NamedTuple):
    """What became of an order, and of other plans for it."""

    chart: Chart
    figures: list[tuple[str, str]]
    slices: Table
    curve: str
    plans: Plans


class Remembered:
    """The last answers, by the digest of what was asked."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def keep(self, digest: str, answer: Answer) -> None:
        """Remember an answer, and forget the oldest one if there are too many."""
        with self._lock:
            self._answers[digest] = answer
            if len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def find(self, digest: str) -> Answer:
        """The answer, or 404."""
        with self._lock:
            if digest not in self._answers:
                abort(404, "this execution is not remembered; send its candles again")
            return self._answers[digest]


_remembered = Remembered()


@pages.get("/execution")
def form() -> ResponseReturnValue:
    """The form; with ?run=NAME it holds the candles of that run."""
    name = request.args.get("run", "")
    if not name:
        return _shown({}, "")
    journal = open_run(name).result.journal
    book = request.args.get("book") or (book_names(journal) or [""])[0]
    try:
        candles, tick, currency = candles_of(journal, book)
        volume = sum(one.volume for one in candles[-OVER_IN_A_RUN:])
        quantity = max(OVER_IN_A_RUN * LOT_IN_A_RUN, Decimal(volume) / SHARE_OF_VOLUME)
        typed = {
            "quantity": f"{quantity:.1f}", "over": str(OVER_IN_A_RUN), "lot": str(LOT_IN_A_RUN),
            "tick": f"{tick:f}", "currency": currency,
        }  # fmt: skip
        return _shown(typed, candle_text(candles))
    except InputError as wrong:
        abort(409, str(wrong))


@pages.post("/execution")
def start() -> ResponseReturnValue:
    """Execute the order; its answer has an address of its own."""
    typed = {one.name: request.form.get(one.name, "").strip() for one in FIELDS}
    side, text = request.form.get("side", ""), request.form.get("candles", "")
    try:
        order = PastOrder.typed(side, *(typed[name] for name in ("quantity", "over", "lot", "tick", "currency")))
        candles = read_candles(text)
        found = execute(candles, order)
    except InputError as wrong:
        return _shown(typed, text, side, str(wrong)), 422
    digest = hashlib.sha256(repr((order, text)).encode()).hexdigest()[:16]
    curve = curve_sentence(impact_curve(candles, order))
    answer = Answer(past_chart(found), past_figures(found), past_file(found), curve, plans_of(candles, order))
    _remembered.keep(digest, answer)
    return redirect(url_for("executions.page", digest=digest), 303)


@pages.get("/execution/<digest>")
def page(digest: str) -> str:
    """The figures, the picture and the table."""
    found = _remembered.find(digest)
    return render_template(
        "execution_answer.html", chart=found.chart, figures=found.figures, curve=found.curve, note=NOTE, digest=digest,
        plans=plans_chart(found.plans), without=plans_sentence(found.plans), legend=run_charts.legend,
    )  # fmt: skip


@pages.get("/execution/<digest>.json")
def figure(digest: str) -> Response:
    """The picture."""
    return Response(run_charts.alone(_remembered.find(digest).chart), mimetype="application/json")


@pages.get("/execution/<digest>.csv")
def table(digest: str) -> Response:
    """The table of the slices."""
    file = _remembered.find(digest).slices
    return csv_file(file.names, file.rows, "execution.csv")


@pages.get("/execution/<digest>/plans.json")
def plans_figure(digest: str) -> Response:
    """The picture of the plans."""
    chart = plans_chart(_remembered.find(digest).plans)
    if chart is None:
        abort(404, "no plan fills this order")
    return Response(run_charts.alone(chart), mimetype="application/json")


@pages.get("/execution/<digest>/plans.csv")
def plans_table(digest: str) -> Response:
    """The plans that no other one dominates."""
    file = plans_file(_remembered.find(digest).plans)
    return csv_file(file.names, file.rows, "execution-plans.csv")


def _shown(typed: dict[str, str], text: str, side: str = "buy", problem: str = "") -> str:
    fields = [Field(one.name, one.label, one.kind, typed.get(one.name, one.value)[:40], one.hint) for one in FIELDS]
    return render_template("execution.html", fields=fields, candles=text, side=side, problem=problem, note=NOTE)
