"""What the routes in the words of Binance share: answers, parameters, pairs, and refusals in one shape."""

from __future__ import annotations

import logging
from typing import Any, Final

from flask import Blueprint, Response, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from market_sim.api.compat.binance_words import Pair, Rejected
from market_sim.api.live.state import LiveState
from market_sim.api.rest.guard import access, check_origin
from market_sim.api.rest.refusals import Refused, answer
from market_sim.core.errors import InputError

LOG = logging.getLogger("market_sim.api")

PREFIX: Final = "/compat/binance"
API: Final = "/api/v3"
OWNED: Final = ("stock", "spot")


def state() -> LiveState:
    """The views of the market."""
    return access().state


def pairs() -> dict[str, Pair]:
    """What can be owned, as pairs by their symbols; a market of several venues offers none here."""
    live = state()
    found: dict[str, Pair] = {}
    for book in live.symbols():
        listed = live.listing(book)
        if listed.kind in OWNED and live.venue(book) == "":
            pair = Pair(listed)
            found.setdefault(pair.symbol, pair)
    return found


def pair_of(asked: Any) -> Pair:
    """The pair that a request names."""
    symbol = asked.get("symbol", "")
    if not symbol:
        raise Rejected(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    found = pairs().get(symbol)
    if found is None:
        raise Rejected(-1121, "Invalid symbol.")
    return found


def whole(asked: Any, name: str, otherwise: int | None = None) -> int:
    """A parameter that is a whole number, or what stands for one that was not sent."""
    text = asked.get(name)
    if text is None and otherwise is not None:
        return otherwise
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Rejected(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return int(text)


# ---- refusals ------------------------------------------------------------------------------------------------


def explain(part: Blueprint) -> None:
    """Let every refusal of some routes have the shape that programs of the other exchange read."""
    part.before_request(check_origin)
    for kind, told in (
        (Rejected, _rejected), (Refused, _refused), (InputError, _ended), (RateLimitExceeded, _too_many),
        (HTTPException, _http), (Exception, _defect),
    ):  # fmt: skip
        part.register_error_handler(kind, told)


def _told(code: int, message: str, status: int, **more: object) -> Response:
    return answer({"code": code, "msg": message, **more}, status)


def _rejected(error: Rejected) -> Response:
    return _told(error.code, error.message, error.status, **error.more)


def _refused(error: Refused) -> Response:
    """A refusal of the interface beside this one: a wrong token, no market, another site."""
    return _told(-2015, error.sentence, 401 if error.code.endswith("TOKEN") else 403, reason=error.code)


def _ended(error: InputError) -> Response:
    return _told(-1016, str(error), 503)


def _too_many(error: RateLimitExceeded) -> Response:
    told = _told(-1003, "Too many requests.", 429)
    told.headers["Retry-After"] = "1"
    return told


def _http(error: HTTPException) -> Response:
    return _told(-1000, error.name, error.code or 500)


def _defect(error: Exception) -> Response:
    # The address is written with its control characters escaped (W13).
    LOG.error("%s %r failed", request.method, request.path, exc_info=error)
    return _told(-1000, "A mistake of this program, not yours.", 500)
