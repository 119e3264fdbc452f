"""The map of the course."""

from __future__ import annotations

from flask import Blueprint, render_template

pages = Blueprint("course", __name__)


@pages.get("/")
def map() -> str:
    """Every lesson."""
    return render_template("error.html", code=200, sentence="The course")
