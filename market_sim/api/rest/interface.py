"""The REST interface of a site: its blueprints, its document, and the rules before every request."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, request
from flask_limiter import Limiter

from market_sim.api.access import Access
from market_sim.api.rest import chain_routes, market_routes, operator_routes, order_routes, run_routes, watch_routes
from market_sim.api.rest.document import document
from market_sim.api.rest.guard import (
    GUESSING_LIMIT,
    JOINING_LIMIT,
    MEMBER_LIMIT,
    PEER_LIMIT,
    check_origin,
    limited,
    peer,
)
from market_sim.api.rest.refusals import answer, explained
from market_sim.api.rest.replies import Replies

spec_routes = Blueprint("rest_document", __name__)

PARTS: Final = (
    market_routes.routes,
    order_routes.routes,
    operator_routes.routes,
    chain_routes.routes,
    run_routes.routes,
    watch_routes.routes,
    spec_routes,
)
NAMES: Final = frozenset(part.name for part in PARTS)
"""The blueprints that read no cookie, and so need no token of a page against forged requests."""
PREFIX: Final = "/api/"
JOIN: Final = "rest_orders.join"


def equip(app: Flask) -> None:
    """Give a site its REST interface."""
    app.extensions["replies"] = Replies()
    app.extensions["limits"] = limited(app)
    for part in PARTS:
        app.register_blueprint(part)
    app.before_request(_check)
    _limit(app, app.extensions["limits"])


def _limit(app: Flask, limits: Limiter) -> None:
    """Count the requests of each member and each computer over all addresses together."""
    member_limit = limits.shared_limit(app.config["API_LIMIT"] or MEMBER_LIMIT, "member")
    peer_limit = limits.shared_limit(app.config["API_PEER_LIMIT"] or PEER_LIMIT, "peer", key_func=_of_peer)
    joining = limits.shared_limit(app.config["API_JOINING_LIMIT"] or JOINING_LIMIT, "joining", key_func=_of_peer)
    guessing = limits.shared_limit(GUESSING_LIMIT, "guessing", key_func=_of_peer, deduct_when=_was_a_wrong_code)
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.partition(".")[0] in NAMES:
            limited_view: Any = peer_limit(member_limit(view))
            app.view_functions[endpoint] = guessing(joining(limited_view)) if endpoint == JOIN else limited_view


def is_rest() -> bool:
    """Whether the request is one to the REST interface, even to an address that does not exist there."""
    return request.blueprint in NAMES or request.path.startswith(PREFIX)


def reads_no_cookie() -> bool:
    """Whether nothing that answers this request looks at a cookie: the interface, or no view at all under /api."""
    return request.blueprint in NAMES or (request.url_rule is None and request.path.startswith(PREFIX))


def failed(error: Exception) -> Response:
    """The answer to a request to the interface that failed."""
    return explained(error)


def _check() -> None:
    if request.blueprint in NAMES:
        check_origin()


def _was_a_wrong_code(answer: Response) -> bool:
    return answer.status_code == 403


def _of_peer() -> str:
    return f"peer {peer()}"


@spec_routes.get("/api/openapi.json")
def openapi() -> Response:
    """The OpenAPI document of this site."""
    live: Access | None = current_app.extensions.get("live")
    return answer(document(live.state.symbols() if live is not None else ()))
