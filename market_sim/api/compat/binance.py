"""`/compat/binance`: the live market for programs that speak to Binance's spot interface, such as an unmodified ccxt.

    POST /compat/binance/keys                         with the token of a member: its key and its secret
    GET  /compat/binance/api/v3/exchangeInfo          and depth, ticker/24hr, trades, aggTrades, klines
    POST /compat/binance/api/v3/order                 signed; and DELETE order, openOrders, account

A signed request names a key in a header and carries the HMAC-SHA256 of what it asks for; no cookie is read. Orders go
to the market by the door that all others take. The interface is off unless asked for (`serve --compat binance`).
"""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, request

from market_sim.api.compat.binance_market import market
from market_sim.api.compat.binance_trading import trading, who
from market_sim.api.compat.signing import Keys
from market_sim.api.rest.guard import MEMBER_LIMIT, PEER_LIMIT, peer

NAMES: Final = frozenset({market.name, trading.name})
"""The blueprints that read no cookie."""


def equip(app: Flask) -> None:
    """Give a site with a live market this interface; its requests count together with those to the other one."""
    app.extensions["compat_keys"] = Keys()
    for part in (market, trading):
        app.register_blueprint(part)
    limits = app.extensions["limits"]
    by_member = limits.shared_limit(app.config["API_LIMIT"] or MEMBER_LIMIT, "member", key_func=who)
    by_peer = limits.shared_limit(app.config["API_PEER_LIMIT"] or PEER_LIMIT, "peer", key_func=lambda: f"peer {peer()}")
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.partition(".")[0] in NAMES:
            limited: Any = by_peer(by_member(view))
            app.view_functions[endpoint] = limited


def is_compat() -> bool:
    """Whether the request is one to this interface."""
    return request.blueprint in NAMES
