"""The instructor's pages of a live market: trading and clock, news, the competition, appeals, results and data."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from market_sim.analysis.results.competition import competition_table
from market_sim.api.access import Access
from market_sim.api.live.pacing import speed_of
from market_sim.core.data.codec import encode
from market_sim.core.errors import InputError
from market_sim.course.gradebook import escaped
from market_sim.ui.web.fork_form import PACES
from market_sim.ui.web.live_market.membership import access, instructor, view

pages = Blueprint("classes", __name__)


@pages.get("/market/class")
def page() -> str:
    """What the instructor sees and does."""
    instructor()
    live = access()
    folder: Callable[[], Path] | None = current_app.config.get("MARKET_FOLDER")
    book = view().book_names()[0]
    manner = view().manner()
    return render_template(
        "class.html",
        live=live,
        addresses=current_app.config["ADDRESSES"] or [request.host_url],
        shared=view().shared(book),
        manner=manner,
        members=live.members.everybody(),
        places={standing.account: standing.place for standing, _ in view().standings(of_persons=True)},
        symbols=list(live.state.instruments),
        measures=live.state.measures(),
        speeds=_speeds(manner["speed"]),
        run=folder().name if folder else "",
    )


def _speeds(now: float | None) -> list[tuple[str, str]]:
    """The speeds to choose from, the present one among them.

    >>> [value for value, _ in _speeds(10.0)], [value for value, _ in _speeds(None)]
    (['0.2', '1', '5', '10', '25', ''], ['0.2', '1', '5', '25', ''])
    """
    known = dict(PACES)
    if now is not None:
        known.setdefault(f"{now:g}", f"{now:g} simulated seconds per second")
    timed = sorted((value for value in known if value not in ("", "paused")), key=float)
    return [(value, known[value]) for value in (*timed, "")]


def _pause(live: Access) -> str:
    live.market.halt()
    return "Trading is paused: orders are refused, cancels are accepted."


def _reopen(live: Access) -> str:
    live.market.reopen()
    return "A call auction collects orders, then the market is open again."


def _stop_clock(live: Access) -> str:
    live.market.stop_clock()
    return "The clock stands still; orders are taken at this instant."


def _start_clock(live: Access) -> str:
    live.market.start_clock()
    return "The clock runs again."


def _speed(live: Access) -> str:
    speed = speed_of(request.form.get("speed", ""))
    live.market.run_at(speed)
    return (
        "The market goes as fast as it can."
        if speed is None
        else f"The market goes {speed:g} times as fast as a clock."
    )


def _news(live: Access) -> str:
    symbol, typed = request.form.get("symbol", ""), request.form.get("percent", "").strip()
    try:
        percent = float(typed)
    except ValueError:
        raise InputError(f"news moves a value by some percent such as -2.5, found {typed[:20]!r}") from None
    live.market.shock(symbol, percent)
    return f"The news is out: {symbol} {percent:+g} %."


def _appeal(live: Access) -> str:
    typed = request.form.get("measure", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
        raise InputError(f"an appeal is against a measure by its number, found {typed[:20]!r}")
    live.market.grant_appeal(int(typed))
    return f"The appeal against measure {typed} is granted."


def _compete(live: Access) -> str:
    live.market.compete()
    return "The competition has begun: what was gained before was practice."


ACTIONS: dict[str, Callable[[Access], str]] = {
    "pause": _pause,
    "reopen": _reopen,
    "stop-clock": _stop_clock,
    "start-clock": _start_clock,
    "speed": _speed,
    "news": _news,
    "compete": _compete,
    "appeal": _appeal,
}


@pages.post("/market/class/<string:action>")
def act(action: str) -> ResponseReturnValue:
    """Do what the instructor asks for."""
    instructor()
    if action not in ACTIONS:
        abort(404, f"a market is asked for {', '.join(ACTIONS)}, found {action[:20]!r}")
    flash(ACTIONS[action](access()))
    return redirect(url_for("classes.page"), 303)


@pages.get("/market/results.csv")
def results() -> Response:
    """The results of everybody who joined, one row for each, as a spreadsheet reads them."""
    instructor()
    table = competition_table(access().state.journal())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows([escaped(cell) if isinstance(cell, str) else cell for cell in row] for row in table.rows)
    return _file(text.getvalue(), "text/csv", "results.csv")


@pages.get("/market/journal.jsonl")
def journal() -> Response:
    """The journal so far, one event a line: the data set of this market."""
    instructor()
    journal = access().state.journal()
    return _file((encode(event) + b"\n" for event in journal), "application/jsonl", "journal.jsonl")


def _file(content: str | Iterator[bytes], kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
