"""The remaining URLs: static files, the glossary, the rules of markets, the icon."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template

from market_sim.analysis.glossary import AREAS, terms_of
from market_sim.analysis.reason_examples import example_of
from market_sim.analysis.reason_sources import source_of
from market_sim.analysis.rules_table import rule_rows
from market_sim.core.models.reasons import REASONS
from market_sim.market.compliance.profiles import CLASSROOM, PROFILES
from market_sim.ui.web.presentation import files

pages = Blueprint("site", __name__)


@pages.get("/static/<string(length=12):edition>/<path:name>")
def static_file(edition: str, name: str) -> Response:
    """A style sheet, a script or a picture."""
    return files().answer(edition, name)


@pages.get("/plotly/<string(maxlength=32):edition>/plotly.min.js")
def plotly(edition: str) -> Response:
    """The script that draws the charts."""
    return files().plotly_answer(edition)


@pages.get("/favicon.ico")
def favicon() -> Response:
    """The icon of the site."""
    return files().answer(files().edition, "icon.svg")


REASON_AREAS = {
    "exchange": "Refused by the exchange",
    "mechanism": "Refused by a mechanism",
    "compliance": "Refused by the rules of a market",
    "consensus": "Refused by a validator",
    "settlement": "Refused by settlement and contracts",
}


@pages.get("/glossary")
def glossary() -> str:
    """The glossary, and all reasons of refusals with rules and examples."""
    words = [(area, title, terms_of(area)) for area, title in AREAS.items()]
    known = sorted(REASONS.values(), key=lambda reason: reason.code.upper())
    refusals = [
        (area, title, [(reason, example_of(reason), source_of(reason)) for reason in known if reason.area == area])
        for area, title in REASON_AREAS.items()
    ]
    return render_template("glossary.html", words=words, refusals=refusals)


@pages.get("/rules")
@pages.get("/rules/<name:name>")
def rules(name: str = CLASSROOM.name) -> str:
    """The rules of one profile, drawn from the same table as the command `rules`."""
    profile = PROFILES.get(name)
    if profile is None:
        abort(404, f"there is no rules profile of this name; there is {', '.join(PROFILES)}")
    return render_template("rules.html", profile=profile, profiles=PROFILES.values(), rows=rule_rows(profile))
