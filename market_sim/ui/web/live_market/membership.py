"""Who looks at a page of a live market: the member whose token is in the cookie, and what each may see.

In a class the course, the runs and the scenarios of this computer belong to the instructor: there the orders of all are
to be read, and answers are written. A student has the market, and there its own account.
"""

from __future__ import annotations

from typing import NoReturn

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from market_sim.api.access import Access
from market_sim.api.members import Member
from market_sim.ui.web.live_market.stream import MarketStreams
from market_sim.ui.web.live_market.view import MarketView

TOKEN = "member_token"
FOR_EVERY_MEMBER = frozenset({"market", "site", "interface"})
"""The parts of the site that members of a class may see; what has tokens of its own asks for them itself."""
WITH_TOKENS = ("rest_", "compat")
BELONGS = (
    "that part of this computer belongs to the instructor of the class: it has the orders and answers of others; "
    "your own are on the market's page"
)


def protect(app: Flask) -> None:
    """Let members of a class into the market only."""
    app.before_request(_keep_apart)
    app.jinja_env.globals["parts"] = parts


PARTS: tuple[tuple[str, str, str], ...] = (
    ("course", "course.overview", "Course"),
    ("scenarios", "scenarios.listing", "Scenarios"),
    ("runs", "runs.listing", "Runs"),
    ("attacks", "attacks.form", "Attack lab"),
    ("site", "site.glossary", "Glossary"),
)


def parts() -> list[tuple[str, str, str]]:
    """The parts of the site that the reader may see, for the navigation: blueprint, address and label."""
    live: Access | None = current_app.extensions.get("live")
    if live is None:
        return list(PARTS)
    shown = PARTS
    if live.settings.class_name:
        member = present()
        shown = PARTS if member is not None and member.role == "instructor" else PARTS[-1:]
    return [("market", "market.page", "Market"), *shown]


def access() -> Access:
    """The live market of this site; 404 without one."""
    found: Access | None = current_app.extensions.get("live")
    if found is None:
        abort(404, "no market is open here: simulate.py serve --scenario first-market opens one")
    return found


def view() -> MarketView:
    """The views of the live market."""
    access()
    return current_app.extensions["market_view"]


def streams() -> MarketStreams:
    """The open streams of the live market."""
    access()
    return current_app.extensions["market_streams"]


def present() -> Member | None:
    """Who asks: the member whose token is in the cookie."""
    token = session.get(TOKEN, "")
    return access().member(token) if token else None


def viewer() -> Member | None:
    """Who looks at the market; in a class only a member may."""
    member = present()
    if member is None and access().settings.class_name:
        abort(403, "the market of this class is for its members: join it with your name and the code of the class")
    return member


def student() -> Member:
    """The student who asks: only a student has an account to trade with."""
    member = viewer()
    if member is None:
        abort(403, "join the market first: an order needs an account")
    if member.role != "student":
        abort(403, f"you are here as {member.role}, and only a student has an account to trade with")
    return member


def instructor() -> Member:
    """The instructor who asks."""
    member = viewer()
    if member is None or member.role != "instructor":
        abort(403, "only the instructor may do this")
    return member


def may_read(account: str) -> Member:
    """The member who may read this account: its owner and the instructor."""
    member = viewer()
    if member is None:
        abort(403, "join the market first: an account is for its owner and the instructor")
    if member.role != "instructor" and (member.role != "student" or member.name != account):
        abort(403, "this account belongs to somebody else: a student reads its own orders and nobody else's")
    return member


def _keep_apart() -> ResponseReturnValue | None:
    live: Access | None = current_app.extensions.get("live")
    part = request.blueprint
    if live is None or not live.settings.class_name or request.endpoint is None or part is None:
        return None
    if part in FOR_EVERY_MEMBER or part.startswith(WITH_TOKENS):
        return None
    member = present()
    if member is not None and member.role == "instructor":
        return None
    if request.path == "/" and request.method == "GET":
        return redirect(url_for("market.page" if member else "market.door"))
    _belongs()


def _belongs() -> NoReturn:
    abort(403, BELONGS)
