"""The live state: what a market looks like now, folded from its journal by whoever reads; the market never waits.

    state = LiveState(market)
    state.quote("ACME").bid            # any thread; reads what is new first
    state.trades("ACME", after=1_200, limit=100)
    state.orders("ann", is_open=True)

The journal is read once for all readers, up to the last whole step, so that no view stands between an order and its
fills. What the journal does not tell, which is what open orders reserve, is looked up in the ledger. Of several venues
each has its own books, which are called after both: "ACME on SIM-NYSE".
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from market_sim.api.live.activity import Activity, Component, components
from market_sim.api.live.board import Board, BoardRow
from market_sim.api.live.chain import BlockView, Clocks, LiveChain
from market_sim.api.live.market import LiveMarket
from market_sim.api.live.measures import LiveMeasures, MeasureView
from market_sim.api.live.orders import LiveOrders, OrderView
from market_sim.api.live.tape import Candle, Depth, LiveTape, Quote, Statistics, TradeView, levels
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    AccountOpened,
    BookOpened,
    InstrumentListed,
    OrderAccepted,
    PhaseChanged,
    Trade,
    book_name,
)
from market_sim.core.models.mechanism_events import ContractSpecified
from market_sim.core.models.run_events import CommitteeSeated, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.market.agents.mailbox import Mail
from market_sim.market.agents.reports import Report
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.simulation.session import Session

REPORTS_KEPT = 1_000
"""The reports of one account that are kept for a reader that comes late."""


class BalanceView(msgspec.Struct, frozen=True):
    """What an account has of one asset, in its smallest unit."""

    asset: str
    total: int
    reserved: int
    """What open orders reserve."""
    available: int


class AccountView(msgspec.Struct, frozen=True):
    """An account as it is now."""

    account: str
    number: int
    """Its number on the chain."""
    time: int
    balances: tuple[BalanceView, ...]


class ReportView(msgspec.Struct, frozen=True):
    """A report to an account; its reports are numbered from 1, without a gap."""

    number: int
    kind: str
    """Accepted, Refused, Filled, Cancelled, Amended, Triggered, Moved, MarginCall, Liquidation or CallDone."""
    report: dict[str, Any]


class LiveState:
    """The views of a live market, for any number of threads."""

    def __init__(self, market: LiveMarket) -> None:
        self._market = market
        self._lock = threading.RLock()
        self._read = 0
        self.time = 0
        """The simulated time of the last event that was read."""
        self.instruments: dict[str, InstrumentListed] = {}
        """The listing of each instrument; do not change it."""
        self.accounts: dict[str, AccountOpened] = {}
        self._on_venues: dict[str, tuple[str, str]] = {}
        self._multipliers: dict[str, int] = {}
        """Those of margined contracts, whose listing says 0, because a trade of one moves no cash."""
        self._replay, self._tapes = BookReplay(), dict[str, LiveTape]()
        self._orders = LiveOrders(self._phase, self._has_midpoint)
        self._chain, self._board = LiveChain(), Board()
        self._activity, self._measures = Activity(), LiveMeasures()
        self._mail = Mail(market.journal)
        self._reports: dict[str, deque[ReportView]] = {}
        self._reported: dict[str, int] = {}
        own: dict[type[Event], Callable[[Any], None]] = {
            InstrumentListed: self._listed,
            ContractSpecified: self._specified,
            BookOpened: self._opened,
            AccountOpened: self._welcomed,
            PhaseChanged: self._changed_phase,
            OrderAccepted: self._ordered,
            Trade: self._traded,
        }
        self._effects: dict[type[Event], list[Callable[[Any], None]]] = {}
        parts = (self._replay, self._orders, self._chain, self._activity, self._measures)
        for effects in (own, *(part.effects for part in parts)):
            for kind, effect in effects.items():
                self._effects.setdefault(kind, []).append(effect)

    # ---- reading ------------------------------------------------------------------------------------------------

    def catch_up(self) -> int:
        """Read what is new; returns the number of events that were read so far."""
        with self._lock:
            until = self._market.whole
            if self._read < until:
                effects, counts = self._effects, self._activity.events
                event = None
                for event in self._market.journal.since(self._read)[: until - self._read]:
                    kind = type(event)
                    counts[kind] += 1
                    for effect in effects.get(kind, ()):
                        effect(event)
                if event is not None:
                    self.time = event.time
                self._read = until
            return self._read

    # ---- market data --------------------------------------------------------------------------------------------

    def symbols(self) -> list[str]:
        """The names of all books, in the order of their listing."""
        with self._lock:
            self.catch_up()
            return list(self._on_venues) or list(self.instruments)

    def listing(self, symbol: str) -> InstrumentListed:
        """The terms of the instrument of a book: its tick and lot, its decimals, its currency."""
        with self._lock:
            self._tape(symbol)
            instrument, _ = self._on_venues.get(symbol, (symbol, ""))
            return self.instruments[instrument]

    def venue(self, symbol: str) -> str:
        """The venue of a book; empty where there is one only."""
        with self._lock:
            self._tape(symbol)
            return self._on_venues.get(symbol, (symbol, ""))[1]

    def quote(self, symbol: str) -> Quote:
        """A book at a glance."""
        with self._lock:
            tape = self._tape(symbol)
            bids, asks = self._replay.book(symbol)
            bid, ask = max(bids, default=None), min(asks, default=None)
            bid_size, ask_size = None if bid is None else bids[bid], None if ask is None else asks[ask]
            return Quote(
                symbol, self.time, tape.last, bid, ask, bid_size, ask_size, tape.volume, tape.count, tape.phase
            )  # fmt: skip

    def book(self, symbol: str, levels_shown: int = 10) -> Depth:
        """The best prices of both sides."""
        with self._lock:
            self._tape(symbol)
            bids, asks = self._replay.book(symbol)
            best_bids = sorted(bids.items(), reverse=True)[:levels_shown]
            return Depth(symbol, self.time, levels(best_bids), levels(sorted(asks.items())[:levels_shown]))

    def trades(self, symbol: str, after: int | None = None, limit: int = 100) -> list[TradeView]:
        """The next trades after the one of this number, oldest first; without one, the last trades."""
        with self._lock:
            return self._tape(symbol).trades(after, limit)

    def candles(self, symbol: str, seconds: int = 60, limit: int = 100) -> list[Candle]:
        """The last candles up to now, oldest first, the one in progress included."""
        with self._lock:
            return self._tape(symbol).candles(seconds, limit, self.time)

    def statistics(self, symbol: str) -> Statistics:
        """The figures of a book since the market opened."""
        with self._lock:
            quote, tape = self.quote(symbol), self._tape(symbol)
            return Statistics(
                symbol, self.time, tape.last, quote.bid, quote.ask, tape.first, tape.high, tape.low, tape.volume,
                tape.turnover, tape.count, tape.orders, tape.volatility,
            )  # fmt: skip

    # ---- accounts -----------------------------------------------------------------------------------------------

    def account(self, name: str) -> AccountView:
        """An account with its balances; InputError without one of this name."""
        with self._lock:
            self.catch_up()
            if name not in self.accounts:
                raise InputError(f"there is no account named {name!r}")
        return self._market.ask(lambda session: _account(session, name))

    def orders(self, name: str, is_open: bool | None = None) -> list[OrderView]:
        """The orders of an account, oldest first: open ones, the last ended ones, or both."""
        with self._lock:
            self.catch_up()
            return self._orders.of(name, is_open)

    def order(self, number: int) -> OrderView | None:
        """The order with this number; None if there was none, or it ended long ago."""
        with self._lock:
            self.catch_up()
            return self._orders.find(number)

    def order_called(self, name: str, client_id: str) -> OrderView | None:
        """The order that this account calls so."""
        with self._lock:
            self.catch_up()
            return self._orders.by_client_id(name, client_id)

    def reports(self, name: str, after: int = 0) -> list[ReportView]:
        """The reports of an account after the one of this number, oldest first."""
        with self._lock:
            self.catch_up()
            kept = self._reports.setdefault(name, deque(maxlen=REPORTS_KEPT))
            box = self._mail.box(name)
            while box and box[0].time <= self.time:
                number = self._reported[name] = self._reported.get(name, 0) + 1
                kept.append(_report(number, box.popleft()))
            return [one for one in kept if one.number > after]

    def measures(self, name: str | None = None) -> list[MeasureView]:
        """The measures of enforcement against an account, or against all, oldest first."""
        with self._lock:
            self.catch_up()
            return self._measures.of(name)

    # ---- chain and results --------------------------------------------------------------------------------------

    def blocks(self, after: int | None = None, limit: int = 20) -> list[BlockView]:
        """The next blocks after the one of this number, in the order of their proposals; without one, the last."""
        with self._lock:
            self.catch_up()
            return self._chain.blocks(after, limit)

    def block(self, name: str) -> BlockView | None:
        """The block with this hash, if it is still kept."""
        with self._lock:
            self.catch_up()
            return self._chain.find(name)

    def committee(self) -> CommitteeSeated | None:
        """The committee of validators."""
        with self._lock:
            self.catch_up()
            return self._chain.committee

    def settlement(self) -> SettlementOpened | None:
        """The contracts that pay the trades out; None in a market without settlement."""
        with self._lock:
            self.catch_up()
            return self._chain.settlement

    def clocks(self) -> Clocks:
        """How many entries are matched, final and settled."""
        with self._lock:
            self.catch_up()
            return self._chain.clocks

    def board(self) -> list[BoardRow]:
        """The leaderboard, by currency, the largest gain from trading first; worked out at most once a second."""
        with self._lock:
            until, entries = self.catch_up(), self._chain.clocks
        # Outside the lock: other views go on meanwhile.
        return self._board.rows(self._market.journal, until, entries)

    # ---- the market as a whole ----------------------------------------------------------------------------------

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many events there were of each kind, and how many refusals for each reason."""
        with self._lock:
            self.catch_up()
            kinds = {kind.__name__: count for kind, count in self._activity.events.items()}
            return kinds, dict(self._activity.refusals)

    def started(self) -> RunStarted:
        """The first event of the run: its scenario, seed, parameters and options."""
        first = self._market.journal[0]
        if not isinstance(first, RunStarted):
            raise InvariantBroken(f"a journal begins with RunStarted, found {type(first).__name__}")
        return first

    def journal(self) -> Journal:
        """The journal up to the last whole step, for what is worked out from all of it; it does not grow."""
        return self._market.journal.until(self.catch_up())

    def components(self) -> list[Component]:
        """The seven parts of the market: what each does, and when it was last active."""
        with self._lock:
            quotes = [self.quote(symbol) for symbol in self.symbols()]
            return components(self._activity, quotes, self.time, self._read, self._market.is_over)

    # ---- inside -------------------------------------------------------------------------------------------------

    def _tape(self, book: str) -> LiveTape:
        self.catch_up()
        if book not in self._tapes or (self._on_venues and book not in self._on_venues):
            names = list(self._on_venues) or list(self.instruments)
            raise InputError(f"{book[:80]} is not listed; listed are {', '.join(names)}")
        return self._tapes[book]

    def _listed(self, event: InstrumentListed) -> None:
        self.instruments[event.symbol] = event
        self._tapes[event.symbol] = LiveTape(event.multiplier)

    def _opened(self, event: BookOpened) -> None:
        name = book_name(event.symbol, event.venue)
        self._on_venues[name] = event.symbol, event.venue
        multiplier = self._multipliers.get(event.symbol, self.instruments[event.symbol].multiplier)
        self._tapes[name] = LiveTape(multiplier)

    def _specified(self, event: ContractSpecified) -> None:
        self._multipliers[event.symbol] = event.multiplier
        for book, tape in self._tapes.items():
            if self._on_venues.get(book, (book, ""))[0] == event.symbol:
                tape.multiplier = event.multiplier

    def _welcomed(self, event: AccountOpened) -> None:
        self.accounts[event.account] = event

    def _changed_phase(self, event: PhaseChanged) -> None:
        self._tapes[book_name(event.symbol, event.venue)].phase = event.phase

    def _ordered(self, event: OrderAccepted) -> None:
        self._tapes[book_name(event.terms.symbol, event.terms.venue)].orders += 1

    def _traded(self, event: Trade) -> None:
        name = book_name(event.symbol, event.venue)
        self._tapes[name].trade(event, name)

    def _phase(self, book: str) -> str:
        return self._tapes[book].phase

    def _has_midpoint(self, book: str) -> bool:
        bids, asks = self._replay.book(book)
        return bool(bids and asks)


def _account(session: Session, name: str) -> AccountView:
    account = session.world.ledger.accounts[name]
    balances = tuple(
        BalanceView(asset, held.total, held.reserved, held.available)
        for asset, held in account.balances.items()
        if held.total or held.reserved or held.available
    )
    return AccountView(name, account.number, session.now, balances)


def _report(number: int, report: Report) -> ReportView:
    return ReportView(number, type(report).__name__, report._asdict())
