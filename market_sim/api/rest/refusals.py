"""Refusals of the REST interface: one shape for all of them, with a reason code, a sentence and the numbers behind it.

{"code": "BAD_TICK", "sentence": "limit 10003 is not a multiple of the tick 5; ...", "numbers": {"limit": 10003, ...}}
"""

from __future__ import annotations

import logging
import math
import time
from typing import NoReturn

import msgspec
from flask import Response, current_app, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from market_sim.api.members import NotAdmitted
from market_sim.api.rest.reasons import ALL_REASONS, status_of
from market_sim.api.store.live_store import NotKept
from market_sim.core.english import counted
from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.figures import NO_FIGURES
from market_sim.simulation.intake import AlreadyEnded, NotTakenInTime

LOG = logging.getLogger("market_sim.api")


class Refusal(msgspec.Struct, frozen=True):
    """Why a request was refused."""

    code: str
    """A reason code; GET /api/reasons tells the rule behind each."""
    sentence: str
    """The reason in one sentence, with its numbers."""
    numbers: dict[str, int | str]
    """The numbers by the names that the rule uses."""


class Refused(Exception):
    """A request is refused, with a reason code and its numbers."""

    def __init__(self, code: str, numbers: Numbers | None = None, sentence: str = "") -> None:
        super().__init__(code)
        self.code, self.numbers = code, dict(numbers or {})
        self.sentence = sentence or NO_FIGURES.filled(ALL_REASONS[code].template, self.numbers)


def refuse(code: str, **numbers: int | str) -> NoReturn:
    """Refuse the request for this reason."""
    raise Refused(code, numbers)


def answer(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def refusal_of(error: Exception) -> Refused:
    """The refusal for any error: of ours, of the market, of the framework, or a defect."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, NotAdmitted):
        return Refused(error.code, {"problem": str(error)}, str(error))
    if isinstance(error, NotTakenInTime):
        return Refused("MARKET_BUSY", {"seconds": math.ceil(error.seconds)})
    if isinstance(error, AlreadyEnded):
        return Refused("MARKET_ENDED")
    if isinstance(error, NotKept):
        return Refused("NOT_STORED", {"problem": str(error)})
    if isinstance(error, InputError):
        return Refused("REFUSED", {"problem": str(error)})
    if isinstance(error, SecurityError):
        return Refused("WRONG_HOST")
    if isinstance(error, RateLimitExceeded):
        return _too_many(error)
    if isinstance(error, MethodNotAllowed):
        return Refused("WRONG_METHOD", {"allowed": ", ".join(_allowed(error))})
    if isinstance(error, HTTPException):
        return _of_http(error)
    # The address is written with its control characters escaped (W13).
    LOG.error("%s %r failed", request.method, request.path, exc_info=error)
    return Refused("DEFECT")


def explained(error: Exception) -> Response:
    """The answer to a request that failed."""
    refusal = refusal_of(error)
    told = answer(Refusal(refusal.code, refusal.sentence, refusal.numbers), status_of(refusal.code))
    if told.status_code == 401:
        told.headers["WWW-Authenticate"] = "Bearer"
    if told.status_code == 429:
        told.headers["Retry-After"] = str(refusal.numbers["seconds"])
    if isinstance(error, MethodNotAllowed):
        told.headers["Allow"] = ", ".join(_allowed(error))
    return told


def _allowed(error: MethodNotAllowed) -> list[str]:
    return sorted(error.valid_methods or ())


def _too_many(error: RateLimitExceeded) -> Refused:
    current = current_app.extensions["limits"].current_limit
    if error.limit is None or current is None:
        return Refused("TOO_MANY_REQUESTS", {"limit": "fewer requests", "seconds": 1})
    limit = error.limit.limit
    within = limit.get_expiry()
    seconds = min(max(1, math.ceil(current.reset_at - time.time())), within)
    said = f"{counted(limit.amount, 'request')} in {within} s"
    return Refused("TOO_MANY_REQUESTS", {"limit": said, "seconds": seconds})


def _of_http(error: HTTPException) -> Refused:
    known = {404: "NOT_FOUND", 413: "TOO_LARGE"}
    code = known.get(error.code or 500)
    if code == "TOO_LARGE":
        return Refused(code, {"most": request.max_content_length or 0})
    if code is not None:
        return Refused(code)
    if (error.code or 500) >= 500:
        LOG.error("%s %r failed", request.method, request.path, exc_info=error)
        return Refused("DEFECT")
    return Refused("BAD_JSON", {"problem": error.name})
