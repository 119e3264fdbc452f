"""The functions and filters of the templates: URLs of files, form tokens, formatted numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import Flask, Response, copy_current_request_context, current_app, request, url_for
from markupsafe import Markup

from market_sim.core.data.fingerprint import shortened
from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.ui.web import security
from market_sim.ui.web.failures import SENTENCES
from market_sim.ui.web.lesson_text import lesson_html
from market_sim.ui.web.static_files import StaticFiles

LOG = logging.getLogger("market_sim.site")
SHORT_HASH = 8
SO_FAR = Markup("<!-- the rest is being worked out -->")


def equip(app: Flask) -> None:
    """Register the functions and filters."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=asset, plotly_address=plotly_address, csrf_token=security.token, version=VERSION, here=here
    )
    app.jinja_env.filters.update(
        count=count,
        hash=short_hash,
        shortened=shortened,
        lesson=lesson_html,
        sentence=sentence,
        when=when,
        moment=moment,
    )


def streamed(template: str, **context: Any) -> Response:
    """A page whose first part is sent before the rest is rendered, so that the browser can load scripts meanwhile.

    The template marks the end of the first part by `{{ so_far }}`. Headers and cookies are sent with it, so a later
    error cannot change the status: the page then ends with the sentence of the error.
    """
    current_app.update_template_context(context)
    pieces = current_app.jinja_env.get_template(template).generate(context, so_far=SO_FAR)
    beginning = []
    for piece in pieces:
        beginning.append(piece)
        if piece == SO_FAR:
            break
    rest = copy_current_request_context(lambda: _rest(pieces))

    def parts() -> Iterator[str]:
        yield "".join(beginning)
        yield rest()

    return Response(parts())


def _rest(pieces: Iterator[str]) -> str:
    try:
        return "".join(pieces)
    except InputError as problem:
        sentence = f"The rest of this page cannot be shown: {problem}"
    except Exception as error:
        LOG.error("%s %r failed after its beginning was sent", request.method, request.path, exc_info=error)
        sentence = f"The rest of this page cannot be shown. {SENTENCES[500]}"
    return Markup('<p class="flash bad" role="alert">{}</p></main></body></html>').format(sentence)


def files() -> StaticFiles:
    """The files of this site."""
    return current_app.extensions["files"]


def asset(name: str) -> str:
    """The URL of a static file."""
    return url_for("site.static_file", edition=files().edition, name=name)


def plotly_address() -> str:
    """The URL of plotly.js, with the version of its package."""
    return url_for("site.plotly", edition=files().plotly)


def here(part: str) -> bool:
    """Whether the page belongs to this part of the site, for the navigation."""
    return request.blueprint in {
        "course": ("course", "lessons"),
        "runs": (
            "runs", "traces", "reports", "live", "forks", "counterfactuals", "allocations", "backtests", "executions",
            "microscopes", "explorer", "icebergs", "trajectories", "budgets", "tables",
        ),
        "scenarios": ("scenarios", "protocols", "sweeps"),
        "market": ("market", "classes"),
    }.get(part, (part,))  # fmt: skip


def count(number: Any) -> str:
    """A count with thousands separators."""
    return f"{number:,}"


def when(written: float) -> str:
    """A local time as text."""
    local = datetime.fromtimestamp(written)
    return f"{local.day} {local:%b %Y, %H:%M}"


def moment(written: float) -> str:
    """A time in ISO format."""
    return datetime.fromtimestamp(written).astimezone().isoformat(timespec="seconds")


def sentence(text: str) -> str:
    """A sentence with a capital first letter, otherwise unchanged; the name of a function keeps its letters.

    >>> sentence("the bid is too high"), sentence("quotes(...) returns a pair")
    ('The bid is too high', 'quotes(...) returns a pair')
    """
    return text if re.match(r"\w+\(", text) else text[:1].upper() + text[1:]


def short_hash(text: str) -> str:
    """The first digits of a hash, marked as shortened."""
    digits = text.removeprefix("0x")
    return f"{digits[:SHORT_HASH]}…" if len(digits) > SHORT_HASH else digits
