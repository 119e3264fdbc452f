"""Error pages: one sentence and what to do next, never a trace or a path (W11)."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from market_sim.api.rest.interface import failed, is_rest
from market_sim.core.errors import InputError

LOG = logging.getLogger("market_sim.site")

SENTENCES = {
    400: "The request could not be read.",
    403: "That was refused.",
    404: "There is nothing at this address.",
    405: "This address does not take that kind of request.",
    413: "That is too large: a request holds at most 64 KiB.",
    409: "That cannot be done to it as it is now.",
    415: "This address takes a form and nothing else.",
    422: "Something in the form cannot be used.",
    429: "Too much is going on already.",
    500: "A mistake of this program, not yours. The terminal in which the site runs has the details.",
}


def explain(app: Flask) -> None:
    """Register the error handlers, which answer with a page, or with JSON to a script."""
    app.register_error_handler(HTTPException, _refusal)
    app.register_error_handler(InputError, _bad_input)
    app.register_error_handler(Exception, _defect)


def _refusal(error: HTTPException) -> Response:
    code = error.code or 500
    if is_rest() and code >= 400:
        return failed(error)
    if isinstance(error, SecurityError):
        # For an unknown host no URL can be built, so not even the error page can be rendered.
        return Response("This site answers on this computer only.\n", code, mimetype="text/plain")
    if code < 400:
        return Response(error.get_body(), code, error.get_headers())
    own_words = error.description if error.description != type(error).description else None
    sentence = (
        own_words if own_words and code in (403, 404, 409, 415, 422, 429) else SENTENCES.get(code, SENTENCES[400])
    )
    answer = _answer(code, sentence)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    if code == 429:
        answer.headers["Retry-After"] = "10"
    return answer


def _bad_input(error: InputError) -> Response:
    return failed(error) if is_rest() else _answer(422, str(error))


def _defect(error: Exception) -> Response:
    if is_rest():
        return failed(error)
    # The address is written with its control characters escaped (W13).
    LOG.error("%s %r failed", request.method, request.path, exc_info=error)
    return _answer(500, SENTENCES[500])


def _answer(code: int, sentence: str) -> Response:
    best = request.accept_mimetypes.best_match(["text/html", "application/json"], default="text/html")
    if best == "application/json" or request.path.endswith(".json"):
        answer = jsonify(error={"status": code, "sentence": sentence})
    else:
        answer = Response(render_template("error.html", code=code, sentence=sentence), mimetype="text/html")
    answer.status_code = code
    return answer
