"""The ticker: the state of each book every 100 ms of simulated time, in MARKSIM's nine keys.

The ticker of an instant counts everything that happened up to and including that instant, and it is folded from the
journal alone. Prices and quantities, which are integers everywhere else, become decimal numbers here. An instrument
that is traded on several venues has a ticker for each book, named after both ("ACME on SIM-A").

>>> from market_sim.core.models.market_events import InstrumentListed
>>> tickers = TickerFold()
>>> tickers.add(InstrumentListed(0, "ACME", "stock", 1, 1, "USD", 1, 2, 0))
>>> [ticker] = tickers.at(CYCLE_NS)
>>> ticker.symbol, ticker.last_price, ticker.trade_count
('ACME', None, 0)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from market_sim.core.calendar import unix_microseconds
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import BookOpened, InstrumentListed, Trade, book_name
from market_sim.core.models.run_events import AgentJoined, ValueMoved
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.market_data import TWENTY_FOUR_HOURS
from market_sim.simulation.engine.clock import MILLISECOND

CYCLE_NS: Final = 100 * MILLISECOND
"""The simulated time between two tickers of one book."""

STARTING_PRICE = "initial_price"
"""The parameter with which a participant says at which price it begins to quote."""


class Ticker(msgspec.Struct, frozen=True, gc=False):
    """One message of the stream."""

    timestamp: int
    """Unix time of the instant in microseconds (`market_sim/core/calendar.py`)."""
    symbol: str
    last_price: float | None
    """The last price; before the first trade the price at which the market begins, if anybody names one."""
    bid_price: float | None
    ask_price: float | None
    bid_size: float | None
    ask_size: float | None
    volume_24h: float
    """The quantity traded in the last 24 simulated hours."""
    trade_count: int
    """The number of trades since the previous ticker of this book."""


class _Figures:
    """What a book's ticker says beside its two sides."""

    __slots__ = ("last", "price_unit", "quantity_unit", "recent", "trades", "volume")

    def __init__(self, listed: InstrumentListed) -> None:
        self.price_unit = 10**listed.price_decimals
        self.quantity_unit = 10**listed.quantity_decimals
        self.last: int | None = None
        self.volume = 0
        self.trades = 0
        self.recent: deque[tuple[int, int]] = deque()
        """The volume of each cycle with trades in the last 24 hours, by the instant at which the cycle ends."""


class TickerFold:
    """The tickers of all books, updated event by event; `at` closes a cycle."""

    def __init__(self) -> None:
        self._replay = BookReplay()
        self._listed: dict[str, InstrumentListed] = {}
        self._first: dict[str, int] = {}
        """The price at which each instrument begins."""
        self._figures: dict[str, _Figures] = {}
        self._effects: dict[type[Event], Callable[[Any], None]] = {
            **self._replay.effects,
            InstrumentListed: self._list,
            BookOpened: self._open,
            Trade: self._trade,
            ValueMoved: self._value,
            AgentJoined: self._join,
        }

    @property
    def kinds(self) -> tuple[type[Event], ...]:
        """The types of events that a ticker depends on."""
        return tuple(self._effects)

    def add(self, event: Event) -> None:
        """Apply one event."""
        effect = self._effects.get(type(event))
        if effect is not None:
            effect(event)

    def at(self, instant: int) -> list[Ticker]:
        """The tickers of this instant, once all of its events are applied; the next cycle begins after it."""
        stamp = unix_microseconds(instant)
        return [self._ticker(stamp, instant, name, figures) for name, figures in self._figures.items()]

    def _ticker(self, stamp: int, instant: int, name: str, figures: _Figures) -> Ticker:
        recent = figures.recent
        while recent and recent[0][0] <= instant - TWENTY_FOUR_HOURS:
            figures.volume -= recent.popleft()[1]
        trades, figures.trades = figures.trades, 0
        bids, asks = self._replay.book(name)
        bid, ask = max(bids, default=None), min(asks, default=None)
        price_unit, quantity_unit = figures.price_unit, figures.quantity_unit
        last = figures.last
        if last is None:
            last = self._first.get(name.partition(" ")[0])
        return Ticker(
            stamp,
            name,
            None if last is None else last / price_unit,
            None if bid is None else bid / price_unit,
            None if ask is None else ask / price_unit,
            None if bid is None else bids[bid] / quantity_unit,
            None if ask is None else asks[ask] / quantity_unit,
            figures.volume / quantity_unit,
            trades,
        )

    def _list(self, event: InstrumentListed) -> None:
        self._listed[event.symbol] = event
        self._figures[event.symbol] = _Figures(event)

    def _open(self, event: BookOpened) -> None:
        """Of several venues each has a ticker, and the instrument itself has none."""
        self._figures.pop(event.symbol, None)
        self._figures[book_name(event.symbol, event.venue)] = _Figures(self._listed[event.symbol])

    def _trade(self, event: Trade) -> None:
        self._replay.traded(event)
        figures = self._figures[book_name(event.symbol, event.venue)]
        figures.last = event.price
        figures.trades += 1
        figures.volume += event.quantity
        cycle = -(-event.time // CYCLE_NS) * CYCLE_NS
        if figures.recent and figures.recent[-1][0] == cycle:
            figures.recent[-1] = cycle, figures.recent[-1][1] + event.quantity
        else:
            figures.recent.append((cycle, event.quantity))

    def _value(self, event: ValueMoved) -> None:
        self._first.setdefault(event.symbol, event.value)

    def _join(self, event: AgentJoined) -> None:
        symbol, price = event.parameters.get("symbol"), event.parameters.get(STARTING_PRICE)
        if isinstance(symbol, str) and type(price) is int:
            self._first.setdefault(symbol, price)
