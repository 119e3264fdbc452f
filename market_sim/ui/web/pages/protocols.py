"""The page that compares consensus protocols: a form, and what the same trades come to in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from threading import Lock
from typing import Any

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from markupsafe import Markup

from market_sim.analysis.protocol_figures import HEAD, NOTE, figures_of, sentences
from market_sim.analysis.visualization.figure import CONFIG
from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.visualization.protocol_picture import block_table, legend, picture
from market_sim.core.errors import InputError
from market_sim.core.protocols.byzantine_seat import WAYS
from market_sim.core.protocols.play import Play
from market_sim.simulation.side_by_side import Question, side_by_side
from market_sim.ui.web.scenario_form import Field

pages = Blueprint("protocols", __name__)

MOST_EPOCHS, MOST_VALIDATORS = 60, 10
"""A visitor waits for the answer; the command line takes longer comparisons."""
FIELDS = (
    Field("seed", "Seed", "integer", "7", "The same seed gives the same comparison."),
    Field("epochs", "Epochs", "integer", "30", f"From 3 to {MOST_EPOCHS}."),
    Field(
        "validators", "Validators", "integer", "4", f"From 4 to {MOST_VALIDATORS}; fewer than a third may be byzantine."
    ),
    Field("confirmations", "Confirmations of the longest chain", "integer", "3", "A block's own is the first."),
    Field("partition", "Partition", "text", "8-14", "For example 8-14, or 8-14:0+1+2|3 to choose the sides."),
    Field("crash", "Crash", "text", "", "For example n2@5-9: it stops and returns."),
    Field("byzantine", "Byzantine validators", "text", "", f"For example n3:withhold. The ways: {', '.join(WAYS)}."),
    Field("beyond_the_bound", "Allow more than the rules tolerate", "switch", ""),
)
NUMBERS = ("seed", "epochs", "validators", "confirmations")
ONE_AT_A_TIME = Lock()


@pages.get("/protocols")
def page() -> tuple[str, int]:
    """The form; with a query string the comparison that it asks for, or one sentence on what is wrong with it."""
    plays: tuple[Play, ...] = ()
    problem = ""
    if request.args:
        try:
            plays = answered(asked(request.args))
        except InputError as wrong:
            problem = str(wrong)
    found = {
        "plays": plays, "head": HEAD, "rows": [figures_of(play).cells for play in plays], "note": NOTE,
        "sentences": sentences(plays), "tables": list(map(block_table, plays)),
        "legend": Markup(legend_list("Blocks", legend(plays))) if plays else "",
    }  # fmt: skip
    return render_template(
        "protocols.html", fields=filled(request.args), problem=problem, **found
    ), 422 if problem else 200


@pages.get("/protocols/figure.json")
def figure() -> Response:
    """The picture of the comparison that the query string asks for."""
    try:
        drawn = picture(answered(asked(request.args)))
    except InputError as wrong:
        abort(422, str(wrong))
    drawn["layout"].pop("template", None)
    known = {"figure": drawn, "dark": dark_changes(drawn), "config": CONFIG, "long": False, "stepped": False}
    return Response(msgspec.json.encode(known), mimetype="application/json")


def filled(typed: Mapping[str, str]) -> list[Field]:
    """The fields with what was typed, or with their defaults when nothing was."""
    if not typed:
        return list(FIELDS)
    left_out = {one.name: one.value if one.kind == "integer" else "" for one in FIELDS}
    return [Field(one.name, one.label, one.kind, typed.get(one.name, left_out[one.name]), one.hint) for one in FIELDS]


def asked(typed: Mapping[str, str]) -> Question:
    """The question in a query string; what is left out has its default."""
    numbers: dict[str, int] = {}
    for name in NUMBERS:
        text = typed.get(name, "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise InputError(f"{name} is a whole number, found {text[:20]!r}")
        if text:
            numbers[name] = int(text)
    for name, most in (("epochs", MOST_EPOCHS), ("validators", MOST_VALIDATORS)):
        if numbers.get(name, 0) > most:
            raise InputError(f"{name}: at most {most} on this page, found {numbers[name]:,}")
    words = {name: typed.get(name, "").strip()[:200] for name in ("partition", "crash", "byzantine")}
    chosen: dict[str, Any] = {**numbers, **words, "beyond_the_bound": typed.get("beyond_the_bound") == "true"}
    return Question(**chosen)


def answered(question: Question) -> tuple[Play, ...]:
    """The plays of a question; one comparison is computed at a time, and the last ones are kept."""
    with ONE_AT_A_TIME:
        return _kept(question)


@lru_cache(maxsize=8)
def _kept(question: Question) -> tuple[Play, ...]:
    return side_by_side(question)
