"""`/compat/binance`: the live market for programs that speak to Binance's spot interface, such as an unmodified ccxt.

    POST /compat/binance/keys                         with the token of a member: its key and its secret
    GET  /compat/binance/api/v3/exchangeInfo          and depth, ticker/24hr, trades, aggTrades, klines
    POST /compat/binance/api/v3/order                 signed; and DELETE order, openOrders, account

A signed request names a key in a header and carries the HMAC-SHA256 of what it asks for; no cookie is read. Orders go
to the market by the door that all others take. The interface is off unless asked for (`serve --compat binance`).
"""

from __future__ import annotations

import logging
import time
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from flask import Blueprint, Flask, Response, current_app, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from market_sim.api.compat.binance_words import INTERVALS, Pair, Rejected, milliseconds, refusal, said
from market_sim.api.compat.signing import Keys
from market_sim.api.live.orders import OrderView
from market_sim.api.live.state import LiveState
from market_sim.api.members import Member
from market_sim.api.rest.guard import MEMBER_LIMIT, PEER_LIMIT, access, check_origin, member, peer
from market_sim.api.rest.refusals import Refused
from market_sim.core.errors import InputError
from market_sim.core.models.intents import Cancel, CancelAll, Intent
from market_sim.market.exchange.acknowledgement import Acknowledgement

LOG = logging.getLogger("market_sim.api")

NAME: Final = "compat_binance"
routes = Blueprint(NAME, __name__, url_prefix="/compat/binance")
API: Final = "/api/v3"
KEY: Final = "X-MBX-APIKEY"
WINDOW_MS, LONGEST_WINDOW_MS = 5_000, 60_000
MOST: Final = 1_000
DEPTH: Final = 5_000


def equip(app: Flask) -> None:
    """Give a site with a live market this interface."""
    app.extensions["compat_keys"] = Keys()
    app.register_blueprint(routes)
    limits = app.extensions["limits"]
    by_member = limits.shared_limit(app.config["API_LIMIT"] or MEMBER_LIMIT, "member", key_func=_who)
    by_peer = limits.shared_limit(app.config["API_PEER_LIMIT"] or PEER_LIMIT, "peer", key_func=lambda: f"peer {peer()}")
    for endpoint, view in list(app.view_functions.items()):
        if endpoint.partition(".")[0] == NAME:
            limited: Any = by_peer(by_member(view))
            app.view_functions[endpoint] = limited


# ---- keys and signatures ----------------------------------------------------------------------------------------


def _keys() -> Keys:
    found: Keys = current_app.extensions["compat_keys"]
    return found


def _who() -> str:
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
    sent, window = _whole(asked, "timestamp"), _whole(asked, "recvWindow", WINDOW_MS)
    if not 0 < window <= LONGEST_WINDOW_MS:
        raise Rejected(-1131, f"recvWindow must be less than {LONGEST_WINDOW_MS}.")
    if abs(time.time() * 1_000 - sent) > window:
        raise Rejected(-1021, "Timestamp for this request is outside of the recvWindow.")
    return owner, asked


@routes.before_request
def _check() -> None:
    check_origin()


@routes.post("/keys")
def keys() -> Response:
    """A key and a secret for the member whose token the request holds; they end with the site."""
    return answer(_keys().issue(member("student")))


# ---- market data ------------------------------------------------------------------------------------------------


def answer(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, mimetype="application/json")


def state() -> LiveState:
    """The views of the market."""
    return access().state


def pairs() -> dict[str, Pair]:
    """What is owned and delivered, as pairs by their symbols; of several venues the first book of each."""
    live = state()
    found: dict[str, Pair] = {}
    for book in live.symbols():
        listed = live.listing(book)
        if listed.delivered and live.venue(book) == "":
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


def _whole(asked: Any, name: str, otherwise: int | None = None) -> int:
    text = asked.get(name)
    if text is None and otherwise is not None:
        return otherwise
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Rejected(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return int(text)


def _limit(most: int, otherwise: int) -> int:
    return min(max(1, _whole(request.args, "limit", otherwise)), most)


@routes.get(f"{API}/ping")
def ping() -> Response:
    """Whether somebody is there."""
    return answer({})


@routes.get(f"{API}/time")
def server_time() -> Response:
    """The time by which signed requests are checked; that of the market is another one."""
    return answer({"serverTime": int(time.time() * 1_000)})


@routes.get(f"{API}/exchangeInfo")
def exchange_info() -> Response:
    """Every pair with its steps."""
    live = state()
    listed = [pair.described(live.quote(pair.ours).phase) for pair in pairs().values()]
    now = int(time.time() * 1_000)
    return answer({"timezone": "UTC", "serverTime": now, "rateLimits": [], "exchangeFilters": [], "symbols": listed})


@routes.get(f"{API}/depth")
def depth() -> Response:
    """The book of a pair."""
    pair, live = pair_of(request.args), state()
    return answer(pair.depth(live.book(pair.ours, _limit(DEPTH, 100)), live.catch_up()))


@routes.get(f"{API}/trades")
def trades() -> Response:
    """The last trades."""
    pair = pair_of(request.args)
    return answer([pair.trade(one) for one in state().trades(pair.ours, limit=_limit(MOST, 500))])


@routes.get(f"{API}/aggTrades")
def joined_trades() -> Response:
    """The last trades, or those from a number or a time on."""
    pair, limit = pair_of(request.args), _limit(MOST, 500)
    if "fromId" in request.args:
        found = state().trades(pair.ours, _whole(request.args, "fromId") - 1, limit)
    else:
        begin, end = _whole(request.args, "startTime", 0), _whole(request.args, "endTime", 10**15)
        recent = state().trades(pair.ours, limit=MOST)
        found = [one for one in recent if begin <= milliseconds(one.time) <= end]
        found = found[:limit] if begin else found[-limit:]
    return answer([pair.joined_trade(one) for one in found])


@routes.get(f"{API}/klines")
def candles() -> Response:
    """The last candles of an interval of simulated time."""
    pair = pair_of(request.args)
    seconds = INTERVALS.get(request.args.get("interval", ""))
    if seconds is None:
        raise Rejected(-1120, "Invalid interval.")
    limit, begin, end = _limit(MOST, 500), _whole(request.args, "startTime", 0), _whole(request.args, "endTime", 10**15)
    kept = state().candles(pair.ours, seconds, MOST)
    found = [one for one in kept if begin <= milliseconds(one.time) <= end]
    return answer([pair.candle(one, seconds) for one in (found[:limit] if begin else found[-limit:])])


@routes.get(f"{API}/ticker/24hr")
def ticker() -> Response:
    """The figures of one pair, of several, or of all."""
    live = state()

    def figures(pair: Pair) -> object:
        return pair.ticker(live.quote(pair.ours), live.statistics(pair.ours))

    if "symbol" in request.args:
        return answer(figures(pair_of(request.args)))
    known = pairs()
    if "symbols" in request.args:
        try:
            wanted = msgspec.json.decode(request.args["symbols"], type=list[str])
        except msgspec.DecodeError:
            raise Rejected(-1100, "Illegal characters found in parameter 'symbols'.") from None
        return answer([figures(pair_of({"symbol": symbol})) for symbol in wanted[: len(known) + 1]])
    return answer([figures(pair) for pair in known.values()])


# ---- trading ----------------------------------------------------------------------------------------------------


def sent(name: str, thing: Intent) -> list[Acknowledgement]:
    """Hand an intent to the market, by the same door as everybody."""
    told = access().market.submit(name, thing)
    for one in told:
        if one.status == "refused":
            raise refusal(one.reason, one.sentence)
    return told


@routes.post(f"{API}/order")
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
        found = state().order(_whole(asked, "orderId"))
    if found is None or found.account != owner.name:
        raise Rejected(code, message)
    return found


def _numbered(name: str) -> OrderView | None:
    """An order without a name of its owner's is called by its number."""
    return state().order(int(name)) if name.isascii() and name.isdigit() and len(name) < 18 else None


@routes.get(f"{API}/order")
def look() -> Response:
    """An own order as it is now."""
    owner, asked = signer()
    pair = pair_of(asked)
    return answer(pair.known(own_order(owner, asked, -2013, "Order does not exist.")))


@routes.delete(f"{API}/order")
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


@routes.get(f"{API}/openOrders")
def open_orders() -> Response:
    """The own open orders, of one pair or of all."""
    owner, asked = signer()
    return answer(_listed(owner, asked, is_open=True))


@routes.get(f"{API}/allOrders")
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


@routes.delete(f"{API}/openOrders")
def cancel_all() -> Response:
    """Cancel every own order of a pair."""
    owner, asked = signer()
    pair = pair_of(asked)
    before = [one.order for one in state().orders(owner.name, is_open=True) if one.symbol == pair.ours]
    sent(owner.name, CancelAll(pair.ours))
    found = [state().order(number) for number in before]
    return answer([pair.known(one) for one in found if one is not None])


@routes.get(f"{API}/account")
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


# ---- refusals ---------------------------------------------------------------------------------------------------


def _told(code: int, message: str, status: int, **more: object) -> Response:
    return answer({"code": code, "msg": message, **more}, status)


@routes.errorhandler(Rejected)
def _rejected(error: Rejected) -> Response:
    return _told(error.code, error.message, error.status, **error.more)


@routes.errorhandler(Refused)
def _refused(error: Refused) -> Response:
    """A refusal of the interface beside this one: a wrong token, no market, another site."""
    return _told(-2015, error.sentence, 401 if error.code.endswith("TOKEN") else 403, reason=error.code)


@routes.errorhandler(InputError)
def _ended(error: InputError) -> Response:
    return _told(-1016, str(error), 503)


@routes.errorhandler(RateLimitExceeded)
def _too_many(error: RateLimitExceeded) -> Response:
    told = _told(-1003, "Too many requests.", 429)
    told.headers["Retry-After"] = "1"
    return told


@routes.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    return _told(-1000, error.name, error.code or 500)


@routes.errorhandler(Exception)
def _defect(error: Exception) -> Response:
    # The address is written with its control characters escaped (W13).
    LOG.error("%s %r failed", request.method, request.path, exc_info=error)
    return _told(-1000, "A mistake of this program, not yours.", 500)
