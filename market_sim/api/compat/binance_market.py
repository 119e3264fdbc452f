"""Market data in the words of Binance: pairs, depth, trades, candles, tickers; everybody may ask."""

from __future__ import annotations

import time
from typing import Final

import msgspec
from flask import Blueprint, Response, request

from market_sim.api.compat.binance_requests import API, PREFIX, explain, pair_of, pairs, state, whole
from market_sim.api.compat.binance_words import INTERVALS, Pair, Rejected, milliseconds
from market_sim.api.rest.refusals import answer

market = Blueprint("compat_binance_market", __name__, url_prefix=PREFIX)
explain(market)
MOST: Final = 1_000
DEPTH: Final = 5_000


def _limit(most: int, otherwise: int) -> int:
    return min(max(1, whole(request.args, "limit", otherwise)), most)


@market.get(f"{API}/ping")
def ping() -> Response:
    """Whether somebody is there."""
    return answer({})


@market.get(f"{API}/time")
def server_time() -> Response:
    """The time by which signed requests are checked; that of the market is another one."""
    return answer({"serverTime": int(time.time() * 1_000)})


@market.get(f"{API}/exchangeInfo")
def exchange_info() -> Response:
    """Every pair with its steps."""
    live = state()
    listed = [pair.described(live.quote(pair.ours).phase) for pair in pairs().values()]
    now = int(time.time() * 1_000)
    return answer({"timezone": "UTC", "serverTime": now, "rateLimits": [], "exchangeFilters": [], "symbols": listed})


@market.get(f"{API}/depth")
def depth() -> Response:
    """The book of a pair."""
    pair, live = pair_of(request.args), state()
    return answer(pair.depth(live.book(pair.ours, _limit(DEPTH, 100)), live.catch_up()))


@market.get(f"{API}/trades")
def trades() -> Response:
    """The last trades."""
    pair = pair_of(request.args)
    return answer([pair.trade(one) for one in state().trades(pair.ours, limit=_limit(MOST, 500))])


@market.get(f"{API}/aggTrades")
def joined_trades() -> Response:
    """The last trades, or those from a number or a time on."""
    pair, limit = pair_of(request.args), _limit(MOST, 500)
    if "fromId" in request.args:
        found = state().trades(pair.ours, whole(request.args, "fromId") - 1, limit)
    else:
        begin, end = whole(request.args, "startTime", 0), whole(request.args, "endTime", 10**15)
        recent = state().trades(pair.ours, limit=MOST)
        found = [one for one in recent if begin <= milliseconds(one.time) <= end]
        found = found[:limit] if begin else found[-limit:]
    return answer([pair.joined_trade(one) for one in found])


@market.get(f"{API}/klines")
def candles() -> Response:
    """The last candles of an interval of simulated time."""
    pair = pair_of(request.args)
    seconds = INTERVALS.get(request.args.get("interval", ""))
    if seconds is None:
        raise Rejected(-1120, "Invalid interval.")
    limit, begin, end = _limit(MOST, 500), whole(request.args, "startTime", 0), whole(request.args, "endTime", 10**15)
    kept = state().candles(pair.ours, seconds, MOST)
    found = [one for one in kept if begin <= milliseconds(one.time) <= end]
    return answer([pair.candle(one, seconds) for one in (found[:limit] if begin else found[-limit:])])


@market.get(f"{API}/ticker/24hr")
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
