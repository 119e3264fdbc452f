"""Trading in the words of Binance: keys, signed requests, orders and the account of whoever signs."""

from __future__ import annotations

import time
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, current_app, request

from market_sim.api.compat.binance_requests import API, PREFIX, explain, pair_of, pairs, state, whole
from market_sim.api.compat.binance_words import Rejected, milliseconds, refusal, said
from market_sim.api.compat.signing import Keys
from market_sim.api.live.orders import OrderView
from market_sim.api.members import Member
from market_sim.api.rest.guard import access, member, peer
from market_sim.api.rest.refusals import answer
from market_sim.core.models.intents import Cancel, CancelAll, Intent
from market_sim.market.exchange.acknowledgement import Acknowledgement

trading = Blueprint("compat_binance_trading", __name__, url_prefix=PREFIX)
explain(trading)
KEY: Final = "X-MBX-APIKEY"
WINDOW_MS, LONGEST_WINDOW_MS = 5_000, 60_000


def _keys() -> Keys:
    found: Keys = current_app.extensions["compat_keys"]
    return found


def who() -> str:
    """Whose requests are counted together: those of a member, or of a computer."""
    owner = _keys().owner(request.headers.get(KEY, ""))
    return f"member {owner.name}" if owner is not None else f"peer {peer()}"


def signer() -> tuple[Member, dict[str, str]]:
    """Who signed the request, and what it asks for."""
    key = request.headers.get(KEY)
    if not key:
        raise Rejected(-2014, "API-key format invalid.", 401)
    owner = _keys().owner(key)
    if owner is None:
        raise Rejected(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    query, body = request.query_string.decode("latin-1"), request.get_data(as_text=True)
    text, _, signature = (query + body).rpartition("signature=")
    if not text.endswith("&") or not _keys().is_signed(owner, text.removesuffix("&"), signature):
        raise Rejected(-1022, "Signature for this request is not valid.")
    asked = {name: value for part in (query, body) for name, value in parse_qsl(part)}
    sent, window = whole(asked, "timestamp"), whole(asked, "recvWindow", WINDOW_MS)
    if not 0 < window <= LONGEST_WINDOW_MS:
        raise Rejected(-1131, f"recvWindow must be less than {LONGEST_WINDOW_MS}.")
    if abs(time.time() * 1_000 - sent) > window:
        raise Rejected(-1021, "Timestamp for this request is outside of the recvWindow.")
    return owner, asked


@trading.post("/keys")
def keys() -> Response:
    """A key and a secret for the member whose token the request holds; they end with the site."""
    return answer(_keys().issue(member("student")))


def sent(name: str, thing: Intent) -> list[Acknowledgement]:
    """Hand an intent to the market, by the same door as everybody."""
    told = access().market.submit(name, thing)
    for one in told:
        if one.status == "refused":
            raise refusal(one.reason, one.sentence)
    return told


@trading.post(f"{API}/order")
def place() -> Response:
    """Place an order; one that is sent again under its newClientOrderId is placed once."""
    owner, asked = signer()
    pair = pair_of(asked)
    order = pair.order(asked)
    [told] = sent(owner.name, order)
    value = sum(fill.price * fill.quantity for fill in told.fills)
    return answer(pair.placed(order, told, value, access().market.now))


def own_order(owner: Member, asked: dict[str, str], code: int, message: str) -> OrderView:
    """The order that a request names by its number or by its owner's name for it."""
    name = asked.get("origClientOrderId")
    if name is not None:
        found = state().order_called(owner.name, name) or _numbered(name)
    else:
        found = state().order(whole(asked, "orderId"))
    if found is None or found.account != owner.name:
        raise Rejected(code, message)
    return found


def _numbered(name: str) -> OrderView | None:
    """An order without a name of its owner's is called by its number."""
    return state().order(int(name)) if name.isascii() and name.isdigit() and len(name) < 18 else None


@trading.get(f"{API}/order")
def look() -> Response:
    """An own order as it is now."""
    owner, asked = signer()
    pair = pair_of(asked)
    return answer(pair.known(own_order(owner, asked, -2013, "Order does not exist.")))


@trading.delete(f"{API}/order")
def cancel() -> Response:
    """Cancel what is left of an own order."""
    owner, asked = signer()
    pair = pair_of(asked)
    found = own_order(owner, asked, -2011, "Unknown order sent.")
    if not found.is_open:
        raise Rejected(-2011, "Unknown order sent.")
    sent(owner.name, Cancel(found.order))
    after = state().order(found.order) or found
    return answer(pair.known(after) | {"origClientOrderId": found.terms.client_id or str(found.order)})


@trading.get(f"{API}/openOrders")
def open_orders() -> Response:
    """The own open orders, of one pair or of all."""
    owner, asked = signer()
    return answer(_listed(owner, asked, is_open=True))


@trading.get(f"{API}/allOrders")
def all_orders() -> Response:
    """The own orders of a pair, those that ended lately included."""
    owner, asked = signer()
    pair_of(asked)
    return answer(_listed(owner, asked, is_open=None))


def _listed(owner: Member, asked: dict[str, str], is_open: bool | None) -> list[Any]:
    chosen = [pair_of(asked)] if "symbol" in asked else list(pairs().values())
    by_symbol = {pair.ours: pair for pair in chosen}
    orders = state().orders(owner.name, is_open)
    return [by_symbol[one.symbol].known(one) for one in orders if one.symbol in by_symbol]


@trading.delete(f"{API}/openOrders")
def cancel_all() -> Response:
    """Cancel every own order of a pair."""
    owner, asked = signer()
    pair = pair_of(asked)
    before = [one.order for one in state().orders(owner.name, is_open=True) if one.symbol == pair.ours]
    sent(owner.name, CancelAll(pair.ours))
    found = [state().order(number) for number in before]
    return answer([pair.known(one) for one in found if one is not None])


@trading.get(f"{API}/account")
def account() -> Response:
    """What the own account has of each asset, free and reserved by orders."""
    owner, _ = signer()
    decimals: dict[str, tuple[str, int]] = {}
    for pair in pairs().values():
        decimals.setdefault(pair.ours, (pair.base, pair.quantity_decimals))
        decimals.setdefault(pair.quote, (pair.quote, pair.cash_decimals))
    seen = state().account(owner.name)
    balances = [
        {
            "asset": decimals[one.asset][0],
            "free": said(one.available, decimals[one.asset][1]),
            "locked": said(one.reserved, decimals[one.asset][1]),
        }
        for one in seen.balances
        if one.asset in decimals
    ]
    told = {"accountType": "SPOT", "canTrade": True, "canWithdraw": False, "canDeposit": False, "permissions": ["SPOT"]}
    return answer(told | {"uid": seen.number, "updateTime": milliseconds(seen.time), "balances": balances})
