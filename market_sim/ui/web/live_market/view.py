"""The live market as its pages show it: plain values, worked out at most ten times a second for all who look.

Everything is read from the live state, which reads the journal; the session itself is never asked but for what open
orders reserve, at most once a second for each account.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from market_sim.analysis.results.competition import NO_PRACTICE, Standing, standings
from market_sim.analysis.visualization import market_picture
from market_sim.analysis.visualization.chart import Part
from market_sim.analysis.visualization.figure import CONFIG
from market_sim.analysis.visualization.market_picture import Level
from market_sim.analysis.visualization.palette import dark_changes
from market_sim.analysis.words import reason_sentence, signed
from market_sim.api.access import Access
from market_sim.api.live.board import BoardRow
from market_sim.api.live.chain import BlockView
from market_sim.api.live.orders import OrderView
from market_sim.api.live.tape import Depth, TradeView
from market_sim.api.members import Member
from market_sim.core.errors import InputError
from market_sim.core.models.figures import Figures
from market_sim.core.models.inputs import BY_HAND
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.models.market_events import InstrumentListed
from market_sim.core.money import written
from market_sim.market.exchange.market_data import Candle
from market_sim.ui.web.live_market.announcements import Announcements

INTERVALS = (1, 60, 300)
"""The lengths of candles to choose from, in seconds."""
SHORTEST_SECONDS = 0.1
"""The least time between two views of one thing: no more than ten updates a second."""
OWN_SECONDS = 1.0
"""The longest time for which an account's balances are not looked up again."""
LEVELS, DEEP = 8, 200
TAPE, BLOCKS, ENDED = 20, 12, 10

T = TypeVar("T")


class MarketView:
    """The views of one live market, shared by all its pages."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        self._access, self._market, self._state = access, access.market, access.state
        self._clock = clock
        self._announcements = Announcements(access.market.journal)
        self._lock = threading.Lock()
        self._known: dict[tuple, tuple[float, int, Any]] = {}

    # ---- for everybody ------------------------------------------------------------------------------------------

    def book_names(self) -> list[str]:
        """The books to choose from, in the order of their listing."""
        return self._state.symbols()

    def shared(self, book: str) -> dict[str, Any]:
        """Everything on a page but what belongs to one account."""
        return self._once(("shared", book), lambda events: self._shared(book, events))

    def candles(self, book: str, seconds: int) -> bytes:
        """The picture of the candles, as JSON for plotly."""
        return self._once(("candles", book, seconds), lambda events: self._candles(book, seconds))

    def depth(self, book: str) -> bytes:
        """The picture of the depth, as JSON for plotly."""
        return self._once(("depth", book), lambda events: self._depth(book))

    def manner(self) -> dict[str, Any]:
        """How the market goes: its clock and speed, and whether it is over; of this the journal tells only the end."""
        pacer = self._market.pacer
        return {"over": self._market.is_over, "stands": pacer.is_paused, "speed": pacer.speed}

    def standings(self, of_persons: bool = False) -> list[tuple[Standing, BoardRow]]:
        """The places by points, of all or of persons only, each with its row; accounts of the house have none."""
        rows = {(row.account, row.currency): row for row in self._state.board() if row.strategy}
        if of_persons:
            rows = {key: row for key, row in rows.items() if row.strategy == BY_HAND}
        points = {key: row.points for key, row in rows.items()}
        return [(one, rows[one.account, one.currency]) for one in standings(points, NO_PRACTICE)]

    # ---- for one account ----------------------------------------------------------------------------------------

    def own(self, member: Member) -> dict[str, Any]:
        """The account of a member with its orders: what nobody else sees but the instructor."""
        name = member.name
        orders = self._state.orders(name)
        open_ones = [self._order(one) for one in orders if one.is_open]
        ended = [self._order(one) for one in orders if not one.is_open][-ENDED:]
        balances = self._balances(name, [(one.order, one.filled, one.remaining) for one in orders])
        mine = [one for one in self.standings() if one[0].account == name]
        return {
            "name": name,
            "balances": balances,
            "open": open_ones[::-1],
            "ended": ended[::-1],
            "gains": [self._own_gain(standing, row) for standing, row in mine],
        }

    # ---- inside -------------------------------------------------------------------------------------------------

    def _once(self, key: tuple, work: Callable[[int], T]) -> T:
        """A view, worked out again when there is something new and the last one is old enough."""
        with self._lock:
            now, events = self._clock(), self._state.catch_up()
            known = self._known.get(key)
            if known is not None and (known[1] == events or now - known[0] < SHORTEST_SECONDS):
                return known[2]
            found = work(events)
            self._known[key] = now, events, found
            return found

    def _shared(self, book: str, events: int) -> dict[str, Any]:
        listed, quote = self._state.listing(book), self._state.quote(book)
        instruments = [self._instrument(one) for one in self._state.symbols()]
        news = self._announcements.until(events)
        clocks = self._state.clocks()
        blocks = self._state.blocks(limit=BLOCKS)
        board = self._board()
        return {
            "events": events,
            "book": book,
            "time": f"{self._state.time / 1e9:,.1f} s",
            "epoch": max(0, self._market.epoch),
            "last": self._price(listed, quote.last),
            "phases": _phases({one: self._state.quote(one).phase for one in self._state.symbols()}),
            "tiles": self._tiles(board),
            "instruments": instruments,
            "ladder": self._ladder(self._state.book(book, LEVELS), listed),
            "tape": [self._trade(one, listed) for one in reversed(self._state.trades(book, limit=TAPE))],
            "blocks": [_block(one) for one in reversed(blocks)],
            "clocks": {name: f"{getattr(clocks, name):,}" for name in ("matched", "finalized", "settled")},
            "board": board,
            "news": news,
            "competes": self._announcements.competition >= 0,
        }

    def _tiles(self, board: Sequence[dict[str, Any]]) -> dict[str, str]:
        """The figures that sum the tables below."""
        turnover: dict[str, int] = {}
        trades, wildest = 0, (0.0, "–")
        for book in self._state.symbols():
            one, quote = self._state.statistics(book), self._state.listing(book).quote
            turnover[quote] = turnover.get(quote, 0) + one.turnover
            trades += one.trades
            if one.volatility is not None:
                wildest = max(wildest, (one.volatility, f"{book} {100 * one.volatility:.3f} %"))
        return {
            "turnover": ", ".join(f"{self._cash(quote, amount)} {quote}" for quote, amount in turnover.items()),
            "trades": f"{trades:,}",
            "volatility": wildest[1],
            "leader": f"{board[0]['account']} {board[0]['points']}" if board else "–",
        }

    def _instrument(self, book: str) -> list[str]:
        """A row of the overview."""
        listed, quote, one = self._state.listing(book), self._state.quote(book), self._state.statistics(book)
        return [
            book,
            self._price(listed, quote.last),
            self._price(listed, quote.bid),
            self._price(listed, quote.ask),
            written(quote.volume, listed.quantity_decimals),
            f"{self._cash(listed.quote, one.turnover)} {listed.quote}",
            f"{quote.trades:,}",
            "–" if one.volatility is None else f"{100 * one.volatility:.3f} %",
            quote.phase,
        ]

    def _ladder(self, depth: Depth, listed: InstrumentListed) -> dict[str, list[list[Any]]]:
        """The best levels of both sides: price, quantity, and the share of the largest quantity in percent."""
        most = max((level.quantity for level in (*depth.bids, *depth.asks)), default=1)

        def side(levels: Sequence[Any]) -> list[list[Any]]:
            return [
                [
                    self._price(listed, one.price),
                    written(one.quantity, listed.quantity_decimals),
                    round(100 * one.quantity / most),
                ]
                for one in levels
            ]

        return {"bids": side(depth.bids), "asks": side(depth.asks)}

    def _trade(self, one: TradeView, listed: InstrumentListed) -> list[str]:
        price, size = self._price(listed, one.price), written(one.quantity, listed.quantity_decimals)
        return [f"{one.trade:,}", f"{one.time / 1e9:.3f}", price, size, "▲ buyer" if one.side > 0 else "▼ seller"]

    def _board(self) -> list[dict[str, Any]]:
        """The rows of the leaderboard by points; a person has a place among all and one among persons."""
        in_class = {(one.account, one.currency): one.place for one, _ in self.standings(of_persons=True)}
        return [
            {
                "place": one.place,
                "account": one.account,
                "strategy": row.strategy,
                "by_hand": row.strategy == BY_HAND,
                "class_place": in_class.get((one.account, one.currency)),
                "points": f"{signed(self._cash(one.currency, one.points))} {one.currency}",
                "worth": self._cash(one.currency, row.worth),
                "trades": f"{row.trades:,}",
            }
            for one, row in self.standings()
        ]

    def _own_gain(self, standing: Standing, row: BoardRow) -> dict[str, Any]:
        def amount(value: int) -> str:
            return f"{signed(self._cash(row.currency, value))} {row.currency}"

        return {
            "place": standing.place,
            "points": amount(standing.points),
            "matched": amount(row.from_trading),
            "finalized": amount(row.finalized),
            "settled": amount(row.settled),
            "worth": f"{self._cash(row.currency, row.worth)} {row.currency}",
        }

    def _balances(self, name: str, done: list[tuple[int, int, int]]) -> list[list[str]]:
        """What an account has, looked up again after each change of its orders, and at least once a second."""
        key = ("balances", name)
        with self._lock:
            known = self._known.get(key)
        now = self._clock()
        if known is not None and known[2][0] == done and now - known[0] < OWN_SECONDS:
            return known[2][1]
        try:
            account = self._state.account(name)
        except InputError:
            return []
        rows = [
            [one.asset, *(self._figure(one.asset, part) for part in (one.total, one.reserved, one.available))]
            for one in account.balances
        ]
        with self._lock:
            self._known[key] = now, 0, (done, rows)
        return rows

    def _order(self, one: OrderView) -> dict[str, Any]:
        listed = self._state.listing(one.book)
        limit = "at the market" if one.limit is None else f"at {self._price(listed, one.limit)}"
        size = written(one.quantity, listed.quantity_decimals)
        withdrawn: dict[str, int | str] = {"quantity": one.quantity - one.filled}
        return {
            "order": one.order,
            "terms": f"{SIDE_NAMES[one.side]} {size} {one.book} {limit}, {one.terms.time_in_force}",
            "filled": written(one.filled, listed.quantity_decimals),
            "remaining": written(one.remaining, listed.quantity_decimals),
            "status": one.status,
            "reason": reason_sentence(one.reason, withdrawn, Figures([listed])) if one.reason else "",
        }

    def _candles(self, book: str, seconds: int) -> bytes:
        listed = self._state.listing(book)
        found = [
            Candle(one.time, one.open, one.high, one.low, one.close, one.volume, one.trades)
            for one in self._state.candles(book, seconds, market_picture.SHOWN)
        ]
        figure = market_picture.candle_picture(found, listed, seconds)
        return _answer(figure, market_picture.candles_told(found, listed, seconds))

    def _depth(self, book: str) -> bytes:
        listed, depth = self._state.listing(book), self._state.book(book, DEEP)
        bids, asks = _plain(depth.bids), _plain(depth.asks)
        return _answer(market_picture.depth_picture(bids, asks, listed), market_picture.depth_told(bids, asks, listed))

    def _price(self, listed: InstrumentListed, price: int | None) -> str:
        return "–" if price is None else written(price, listed.price_decimals)

    def _cash(self, currency: str, amount: int) -> str:
        decimals = {one.quote: one.cash_decimals for one in self._state.instruments.values()}
        return written(amount, decimals.get(currency, 0))

    def _figure(self, asset: str, amount: int) -> str:
        listed = self._state.instruments.get(asset)
        return self._cash(asset, amount) if listed is None else written(amount, listed.quantity_decimals)


def _plain(side: Sequence[Any]) -> list[Level]:
    return [(one.price, one.quantity, one.cumulative) for one in side]


def _answer(figure: Part, told: str) -> bytes:
    """A figure with its dark colours, its configuration and its sentence, as JSON."""
    figure["layout"].pop("template", None)
    return msgspec.json.encode(
        {"figure": figure, "dark": dark_changes(figure), "config": CONFIG, "stepped": False, "told": told}
    )


def _phases(phases: dict[str, str]) -> str:
    """Whether there is trading, in a sentence; a book that has closed does not stop the others.

    >>> _phases({"A": "continuous", "B": "continuous"}), _phases({"A": "halted"}), _phases({"A": "call", "B": "halted"})
    ('Trading is open.', 'Trading is halted.', 'Not open: A is in its call, B is halted.')
    >>> _phases({"A": "continuous", "B": "closed"}), _phases({"A": "halted", "B": "closed"})
    ('Trading is open; B is closed.', 'Trading is halted; B is closed.')
    """
    words = {"continuous": "open", "call": "in its call", "halted": "halted", "closed": "closed"}
    going = {book: phase for book, phase in phases.items() if phase != "closed"} or phases
    told = dict.fromkeys(going.values())
    closed = "".join(f"; {book} is closed" for book in phases if book not in going)
    if len(told) == 1 and "call" not in told:
        return f"Trading is {words[next(iter(told))]}{closed}."
    shut = ", ".join(f"{book} is {words[phase]}" for book, phase in going.items() if phase != "continuous")
    return f"Not open: {shut}{closed}."


def _block(one: BlockView) -> dict[str, Any]:
    """A block and how far it has come."""
    stages = (("settled", one.settled), ("final", one.finalized), ("notarized", one.notarized))
    state = next((word for word, at in stages if at is not None), "proposed")
    return {
        "epoch": one.epoch,
        "height": one.height,
        "proposer": f"validator {one.proposer}",
        "entries": f"{one.trades:,}",
        "votes": len(one.voters),
        "state": {"settled": "✔ settled", "final": "✔ final", "notarized": "◐ notarized"}.get(state, "○ proposed"),
    }
