"""The application factory: creates a site from its settings."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.routing import BaseConverter

from market_sim.api.access import Access, LiveSettings
from market_sim.api.compat import binance
from market_sim.api.members import Members
from market_sim.api.rest import interface
from market_sim.api.stream.opening import OpenStream
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.ui.web import failures, presentation, security
from market_sim.ui.web.lesson_service import LessonService
from market_sim.ui.web.live_market import membership
from market_sim.ui.web.notebook import Notebook
from market_sim.ui.web.pages import (
    allocations,
    attacks,
    backtests,
    budgets,
    classes,
    counterfactuals,
    course,
    executions,
    explorer,
    forks,
    icebergs,
    lessons,
    live,
    market,
    meter,
    microscopes,
    protocols,
    reports,
    runs,
    scenarios,
    site,
    sweeps,
    tables,
    traces,
    trajectories,
)  # fmt: skip
from market_sim.ui.web.pages import (
    interface as interface_page,
)
from market_sim.ui.web.reading_ahead import ReadingAhead
from market_sim.ui.web.run_library import RunLibrary
from market_sim.ui.web.run_queue import RunQueue
from market_sim.ui.web.static_files import StaticFiles

PAGES = (
    site, course, lessons, scenarios, sweeps, backtests, attacks, live, forks, counterfactuals, allocations,
    executions, icebergs, trajectories, budgets, microscopes, protocols, explorer, runs, traces, reports, market,
    classes, interface_page, meter, tables,
)  # fmt: skip
LARGEST_BODY = 64 * 1024
"""The most bytes of one request; an answer to a lesson has a few kilobytes."""

DEFAULTS: dict[str, Any] = {
    "RESULTS": "results",
    "INSTANCE": "instance",
    "LESSONS": "lessons",
    "ANSWERS": "answers",
    "SCENARIOS": SCENARIOS,
    "MARKET": None,
    "MARKET_NAME": "",
    "COMPAT": "",
    "MARKET_FOLDER": None,
    "ADDRESSES": [],
    "LIVE": LiveSettings(),
    "API_LIMIT": "",
    "API_PEER_LIMIT": "",
    "API_JOINING_LIMIT": "",
    "JOB_SECONDS": 180,
    "SEARCH_SECONDS": 900,
    "TRUSTED_HOSTS": ["127.0.0.1", "localhost"],
    "MAX_CONTENT_LENGTH": LARGEST_BODY,
    "MAX_FORM_MEMORY_SIZE": LARGEST_BODY,
    "MAX_FORM_PARTS": 200,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_NAME": "market_sandbox",
}


class Name(BaseConverter):
    """The URL converter of scenario and run names, which are looked up in an index, never joined to a path."""

    regex = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
    part_isolating = True


class LessonId(BaseConverter):
    """The URL converter of lesson ids (W3), which are looked up in an index, never joined to a path."""

    regex = r"[a-z0-9-]{1,64}"


class Number(BaseConverter):
    """The URL converter of whole numbers with a limited number of digits."""

    regex = r"[0-9]{1,12}"

    def to_python(self, value: str) -> int:
        """The number itself."""
        return int(value)


def _access(app: Flask, instance: Path) -> Access:
    """Access to the live market; its members are new with it, unless the market goes on under the same name."""
    settings: LiveSettings = app.config["LIVE"]
    name = app.config["MARKET_NAME"] or secrets.token_hex(8)
    access = Access(app.config["MARKET"], Members(instance / "members.sqlite", name, settings.codes), settings)
    stream: OpenStream | None = app.config.get("STREAM")
    if stream is not None:
        stream.feeder.private = access
    return access


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Create a site; settings that are not given have defaults."""
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping(config or {})
    app.url_map.converters.update(name=Name, lesson=LessonId, number=Number)
    instance = Path(app.config["INSTANCE"])
    if not app.config.get("SECRET_KEY"):
        app.config["SECRET_KEY"] = security.secret_key(instance)
    results = Path(app.config["RESULTS"])
    app.extensions["files"] = StaticFiles()
    library = app.extensions["library"] = RunLibrary(results)
    app.extensions["reading_ahead"] = ReadingAhead(library)
    notebook = Notebook(instance / "site.sqlite")
    answers = Path(app.config["ANSWERS"])
    app.extensions["lessons"] = LessonService(Path(app.config["LESSONS"]), answers, notebook, library)
    if app.config["MARKET"] is not None:
        app.extensions["live"] = _access(app, instance)
    app.extensions["jobs"] = RunQueue(results, app.config["JOB_SECONDS"])
    security.protect(app)
    membership.protect(app)
    failures.explain(app)
    presentation.equip(app)
    for pages in PAGES:
        app.register_blueprint(pages.pages)
    interface.equip(app)
    if app.config["COMPAT"] == "binance" and "live" in app.extensions:
        binance.equip(app)
    return app
