"""The live market: its dashboard and wall display, its door, its stream and pictures, orders and accounts."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from market_sim.analysis.visualization.legend import legend_list
from market_sim.analysis.visualization.market_picture import CANDLE_LEGEND, DEPTH_LEGEND, interval_name
from market_sim.api.members import NotAdmitted
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, CancelAll
from market_sim.ui.web.live_market import ticket
from market_sim.ui.web.live_market.membership import (
    TOKEN,
    access,
    may_read,
    present,
    streams,
    student,
    view,
    viewer,
)
from market_sim.ui.web.live_market.stream import MarketStreams
from market_sim.ui.web.live_market.view import INTERVALS, MarketView
from market_sim.ui.web.pages.shared import one_of, whole

pages = Blueprint("market", __name__)

ALIAS_PORT = 8050
"""The port at which programs written for MARKSIM look for a dashboard."""
TRIES = parse("20/minute")
"""How often one address may try a code or a token that is wrong."""


@pages.record_once
def prepare(state: Any) -> None:
    """Give the site the views of its live market."""
    extensions = state.app.extensions
    live = extensions.get("live")
    if live is not None:
        extensions["market_view"] = MarketView(live)
        extensions["market_streams"] = MarketStreams(live.market, extensions["market_view"])
        extensions["wrong_codes"] = FixedWindowRateLimiter(MemoryStorage())


@pages.before_app_request
def alias() -> ResponseReturnValue | None:
    """On the port of the alias the live market is the first page."""
    is_first = request.path == "/" and request.method == "GET" and request.host.endswith(f":{ALIAS_PORT}")
    return redirect(url_for("market.page")) if is_first and "live" in current_app.extensions else None


# ---- looking -----------------------------------------------------------------------------------------------------


@pages.get("/market")
def page() -> ResponseReturnValue:
    """The dashboard; in a class a visitor comes to the door first."""
    member = present()
    if member is None and access().settings.class_name:
        return redirect(url_for("market.door"))
    return _shown("market.html", member)


@pages.get("/market/wall")
def wall() -> ResponseReturnValue:
    """The display for a projector: prices, clocks, announcements and the best of the class."""
    return _shown("wall.html", viewer())


def _shown(template: str, member: Any) -> str:
    books = tuple(view().book_names())
    book = one_of("book", books)
    seconds = whole("seconds", INTERVALS[0], INTERVALS[-1])
    return render_template(
        template,
        live=access(),
        member=member,
        books=books,
        book=book,
        seconds=seconds if seconds in INTERVALS else INTERVALS[0],
        intervals=[(one, interval_name(one)) for one in INTERVALS],
        shared=view().shared(book),
        own=view().own(member) if member is not None and member.role == "student" else None,
        manner=view().manner(),
        times_in_force=ticket.TIMES_IN_FORCE,
        candle_legend=legend_list("Candles", CANDLE_LEGEND),
        depth_legend=legend_list("Depth", DEPTH_LEGEND),
    )


@pages.get("/market/events")
def events() -> Response:
    """The stream of the market, and of the member's own account."""
    member = viewer()
    stream = streams().open(one_of("book", tuple(view().book_names())), member)
    if stream is None:
        abort(429, "too many pages follow the market already; this one asks for it every few seconds")
    return Response(stream, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


@pages.get("/market/state.json")
def state() -> Response:
    """What the stream sends, once: for a page that found no place in it."""
    member = viewer()
    found = {"market": view().shared(one_of("book", tuple(view().book_names()))), "manner": view().manner()}
    if member is not None and member.role == "student":
        found["own"] = view().own(member)
    return jsonify(found)


@pages.get("/market/candles.json")
def candles() -> Response:
    """The picture of the candles of one book."""
    viewer()
    book, seconds = one_of("book", tuple(view().book_names())), one_of("seconds", tuple(map(str, INTERVALS)))
    return Response(view().candles(book, int(seconds)), mimetype="application/json")


@pages.get("/market/depth.json")
def depth() -> Response:
    """The picture of the depth of one book."""
    viewer()
    return Response(view().depth(one_of("book", tuple(view().book_names()))), mimetype="application/json")


# ---- coming and going --------------------------------------------------------------------------------------------


@pages.get("/market/join")
def door() -> str:
    """The door: a name, and in a class its code."""
    return render_template("market_door.html", live=access(), member=present(), typed={})


@pages.post("/market/join")
def join() -> ResponseReturnValue:
    """Let somebody in, by name and code, or by a token that was shown in a terminal."""
    live, limiter = access(), current_app.extensions["wrong_codes"]
    address = request.remote_addr or ""
    if not limiter.test(TRIES, address):
        abort(429, "too many wrong codes came from your computer: wait a minute")
    form = request.form
    role = form.get("role", "student")
    try:
        if form.get("token"):
            token = form["token"].strip()
            if live.member(token) is None:
                raise NotAdmitted("WRONG_TOKEN", "nobody here has this token")
        else:
            name = form.get("name", "").strip()
            if "/" in name:
                raise NotAdmitted("BAD_NAME", "a name has no slash, because it is part of an address")
            token = live.admit(name, role, form.get("code", "").strip())  # type: ignore[arg-type]
    except InputError as refused:
        if getattr(refused, "code", "") in ("WRONG_CODE", "WRONG_TOKEN"):
            limiter.hit(TRIES, address)
        typed = {name: form.get(name, "")[:64] for name in ("name", "role")}
        page = render_template("market_door.html", live=live, member=present(), typed=typed, problem=str(refused))
        return page, 422
    session[TOKEN] = token
    member = live.member(token)
    is_instructor = member is not None and member.role == "instructor"
    return redirect(url_for("classes.page" if is_instructor else "market.page"), 303)


@pages.post("/market/leave")
def leave() -> ResponseReturnValue:
    """Forget who this browser is; the account stays."""
    access()
    member = present()
    session.pop(TOKEN, None)
    if member is not None and member.role == "student":
        flash("You have left. Your account and its open orders stay; to trade again, join under another name.")
    return redirect(url_for("market.door"), 303)


# ---- trading -----------------------------------------------------------------------------------------------------


@pages.post("/market/orders")
def place() -> ResponseReturnValue:
    """Place an order; the answer is its acknowledgement."""
    member, live = student(), access()
    wish = ticket.intent_of(request.form, live.state)
    [answer] = live.market.submit(member.name, wish)
    return _acknowledged(ticket.told(answer, live.state, request.form["symbol"]))


@pages.post("/market/orders/<number:number>/cancel")
def cancel(number: int) -> ResponseReturnValue:
    """Cancel an own order."""
    member, live = student(), access()
    order = live.state.order(number)
    if order is None:
        abort(404, f"there is no order {number} that could be cancelled")
    if order.account != member.name:
        abort(403, f"order {number} belongs to somebody else: you can cancel your own orders only")
    [answer] = live.market.submit(member.name, Cancel(number))
    return _acknowledged(ticket.told(answer, live.state, order.book))


@pages.post("/market/orders/cancel")
def cancel_all() -> ResponseReturnValue:
    """Cancel every open order of one's own."""
    member, live = student(), access()
    answers = live.market.submit(member.name, CancelAll())
    said = f"{len(answers)} of your orders {'is' if len(answers) == 1 else 'are'} cancelled."
    return _acknowledged({"status": "cancelled", "sentence": said if answers else "You had no open order."})


def _acknowledged(told: dict[str, Any]) -> ResponseReturnValue:
    """An acknowledgement for a script, or on the page for a browser without one."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(told)
    flash(told["sentence"])
    return redirect(url_for("market.page"), 303)


@pages.get("/market/accounts/<path:name>")
def account(name: str) -> str:
    """An account with its orders: for its owner and the instructor."""
    member = may_read(name)
    live = access()
    live.state.catch_up()
    if name not in live.state.accounts:
        abort(404, "there is no account of this name")
    owner = member if member.name == name else member._replace(name=name, role="student")
    return render_template("market_account.html", live=live, member=member, own=view().own(owner))
