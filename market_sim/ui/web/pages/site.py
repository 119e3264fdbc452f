"""The pages around the subjects: files, the glossary of reasons, the icon."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from market_sim.core.models.reasons import table
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
    """The picture in the browser's tab."""
    return files().answer(files().edition, "icon.svg")


@pages.get("/glossary")
def glossary() -> str:
    """Every way to be refused, with its rule, from the one table of reason codes."""
    areas: dict[str, list] = {}
    for reason in sorted(table().values(), key=lambda reason: reason.code.upper()):
        areas.setdefault(reason.area, []).append(reason)
    return render_template("glossary.html", areas=areas)
