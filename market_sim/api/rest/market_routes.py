"""Market data: instruments, quotes, books, trades, candles, statistics, the leaderboard, reason codes."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response

from market_sim.analysis.reason_sources import Source, source_of
from market_sim.api.live.board import BoardRow
from market_sim.api.live.state import LiveState
from market_sim.api.live.tape import Candle, Depth, Quote, Statistics, TradeView
from market_sim.api.rest.document import described
from market_sim.api.rest.guard import access
from market_sim.api.rest.models import ForBook, ForCandles, ForSymbol, ForTrades
from market_sim.api.rest.reasons import ALL_REASONS, status_of
from market_sim.api.rest.refusals import answer, refuse
from market_sim.core.models.figures import KIND
from market_sim.core.models.reason import Reason
from market_sim.market.exchange.terms import shown

routes = Blueprint("rest_market", __name__)


class InstrumentAnswer(msgspec.Struct, frozen=True):
    """An instrument in one book: what can be traded, and how its numbers are to be read."""

    book: str
    """The name of its book, which the other addresses take as `symbol`."""
    symbol: str
    """What an order names."""
    venue: str
    """The venue of the book; empty where there is one only."""
    kind: str
    tick: int
    """A price is a multiple of it."""
    lot: int
    """A quantity is a multiple of it."""
    currency: str
    multiplier: int
    """The value of a trade is price times quantity times this, in the smallest unit of the currency."""
    price_decimals: int
    """A price of 10001 with two decimals is 100.01."""
    quantity_decimals: int
    terms: dict[str, int | str]
    phase: str
    last: int | None


class ReasonAnswer(msgspec.Struct, frozen=True):
    """A reason code, the rule behind it, and the HTTP status that comes with it."""

    code: str
    area: str
    rule: str
    template: str
    """The sentence, with the names of the numbers in braces."""
    status: int
    rulebook: str
    """The number of its rule in docs/rulebook.md; empty for the rules of this interface."""
    lesson: str
    """The lesson in which one meets it; empty for the rules of this interface."""


def state(symbol: str | None = None) -> LiveState:
    """The views of the live market; 404 for a symbol that it does not list."""
    found = access().state
    if symbol is not None and symbol not in (listed := found.symbols()):
        refuse("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(listed))
    return found


@routes.get("/api/instruments")
@described("Market data", list[InstrumentAnswer])
def instruments() -> Response:
    """Every book with its instrument."""
    live = state()
    found = []
    for book in live.symbols():
        listed, quote = live.listing(book), live.quote(book)
        found.append(
            InstrumentAnswer(
                book=book,
                symbol=listed.symbol,
                venue=live.venue(book),
                kind=listed.kind,
                tick=listed.tick,
                lot=listed.lot,
                currency=listed.quote,
                multiplier=listed.multiplier,
                price_decimals=listed.price_decimals,
                quantity_decimals=listed.quantity_decimals,
                terms=listed.terms,
                phase=quote.phase,
                last=quote.last,
            )
        )
    return answer(found)


@routes.get("/api/quote")
@described("Market data", Quote, "UNKNOWN_INSTRUMENT", query=ForSymbol)
def quote(query: ForSymbol) -> Response:
    """A book at a glance: last trade, best bid and ask with their sizes, volume, phase."""
    return answer(state(query.symbol).quote(query.symbol))


@routes.get("/api/book")
@described("Market data", Depth, "UNKNOWN_INSTRUMENT", query=ForBook)
def book(query: ForBook) -> Response:
    """The best prices of both sides, each with its quantity and the sum up to it."""
    return answer(state(query.symbol).book(query.symbol, query.levels))


@routes.get("/api/trades")
@described("Market data", list[TradeView], "UNKNOWN_INSTRUMENT", query=ForTrades)
def trades(query: ForTrades) -> Response:
    """The next trades after a number, oldest first; without a number the last ones."""
    return answer(state(query.symbol).trades(query.symbol, query.after, query.limit))


@routes.get("/api/candles")
@described("Market data", list[Candle], "UNKNOWN_INSTRUMENT", query=ForCandles)
def candles(query: ForCandles) -> Response:
    """The last candles of so many simulated seconds, oldest first, the one in progress included."""
    return answer(state(query.symbol).candles(query.symbol, query.seconds, query.limit))


@routes.get("/api/statistics")
@described("Market data", Statistics, "UNKNOWN_INSTRUMENT", query=ForSymbol)
def statistics(query: ForSymbol) -> Response:
    """The figures of a book since the market opened."""
    return answer(state(query.symbol).statistics(query.symbol))


@routes.get("/api/board")
@described("Market data", list[BoardRow])
def board() -> Response:
    """The leaderboard, the largest gain from trading first; worked out at most once a second."""
    return answer(state().board())


@routes.get("/api/reasons")
@described("Market data", list[ReasonAnswer])
def reasons() -> Response:
    """Every reason code with its rule; a program decides by the code, a person reads the sentence."""
    return answer(
        [
            ReasonAnswer(one.code, one.area, one.rule, KIND.sub("", one.template), status_of(one.code), *_source(one))
            for one in ALL_REASONS.values()
        ]
    )


def _source(reason: Reason) -> Source:
    return Source("", "") if reason.area == "api" else source_of(reason)
