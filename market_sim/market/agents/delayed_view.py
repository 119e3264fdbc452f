"""The delayed view: the market as it was some time ago, for participants with that data latency.

It is built from the journal up to that time: books, trades, phases and believed values, and nothing later. One delayed
market serves all participants with the same latency, and it reads the journal only on demand. A participant's own
balances and open orders are not market data: they are shown without delay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.instruments import Instrument
from market_sim.core.models.market_events import PhaseChanged, Trade, book_name
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ShockHappened, ValueMoved
from market_sim.market.agents.past import Prices, SeenTrade, Trades
from market_sim.market.agents.view import Depth, InstrumentView
from market_sim.market.dynamics.value import BelievedValue
from market_sim.market.exchange.book_replay import BookReplay
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.member import Member


class DelayedMarket:
    """The journal up to a fixed time ago."""

    def __init__(
        self, journal: Journal, now: Callable[[], int], delay: int, believed: Mapping[str, BelievedValue]
    ) -> None:
        self._journal, self._now, self._delay, self._believed = journal, now, delay, believed
        self._read = 0
        self._replay = BookReplay()
        self._prices: dict[str, list[int]] = {}
        self._trades: dict[str, list[SeenTrade]] = {}
        self._last: dict[str, int] = {}
        self._phases: dict[str, str] = {}
        self._values: dict[str, int] = {}
        self._effects: dict[type[Event], Callable[[Any], None]] = {
            Trade: self._traded,
            PhaseChanged: self._changed,
            ValueMoved: self._moved,
            ShockHappened: self._shocked,
            CorporateActionTaken: self._restated,
        }

    def look(self, venue: str, listing: Listing, member: Member) -> InstrumentView:
        """The view that a member has of one instrument in this market."""
        value = self._believed.get(listing.symbol)
        return DelayedInstrumentView(self, venue, listing, member, value is not None and value.is_known_to(member.name))

    def prices(self, symbol: str) -> Prices:
        """The price of every trade up to that time."""
        self._catch_up()
        return Prices(self._prices.setdefault(symbol, []))

    def trades(self, symbol: str) -> Trades:
        """Every trade up to that time."""
        self._catch_up()
        return Trades(self._trades.setdefault(symbol, []))

    def last(self, book: str) -> int | None:
        """The price of the last trade in this book."""
        self._catch_up()
        return self._last.get(book)

    def phase(self, book: str) -> str:
        """The phase of this book."""
        self._catch_up()
        return self._phases.get(book, CONTINUOUS)

    def value(self, symbol: str) -> int | None:
        """The believed value."""
        self._catch_up()
        return self._values.get(symbol)

    def depth(self, book: str, levels: int) -> Depth:
        """The best bids and asks of this book."""
        self._catch_up()
        shown = self._replay.book(book)
        return sorted(shown.bids.items(), reverse=True)[:levels], sorted(shown.asks.items())[:levels]

    def _catch_up(self) -> None:
        journal, until, place = self._journal, self._now() - self._delay, self._read
        replay, effects = self._replay.effects, self._effects
        while place < len(journal):
            event = journal[place]
            if event.time > until:
                break
            kind = type(event)
            if kind in replay:
                replay[kind](event)
            if kind in effects:
                effects[kind](event)
            place += 1
        self._read = place

    def _traded(self, event: Trade) -> None:
        self._prices.setdefault(event.symbol, []).append(event.price)
        seen = SeenTrade(event.time, event.price, event.quantity, event.side)
        self._trades.setdefault(event.symbol, []).append(seen)
        self._last[book_name(event.symbol, event.venue)] = event.price

    def _changed(self, event: PhaseChanged) -> None:
        self._phases[book_name(event.symbol, event.venue)] = event.phase

    def _moved(self, event: ValueMoved) -> None:
        self._values[event.symbol] = event.value

    def _shocked(self, event: ShockHappened) -> None:
        self._values[str(event.numbers["symbol"])] = int(event.numbers["after"])

    def _restated(self, event: CorporateActionTaken) -> None:
        for book in [book for book in self._last if book.partition(" on ")[0] == event.symbol]:
            self._last[book] = max(1, event.restated(self._last[book]))


class DelayedInstrumentView(InstrumentView):
    """One instrument as it was some time ago; the position is the present one."""

    __slots__ = ("_balance", "_book", "_knows", "_listing", "_market")

    def __init__(self, market: DelayedMarket, venue: str, listing: Listing, account: Member, knows: bool) -> None:
        super().__init__(listing.symbol, tick=listing.tick, lot=listing.lot)
        self._market = market
        self._knows = knows
        self._book = book_name(listing.symbol, venue)
        self._listing = listing
        self._balance = account.balance(listing.symbol)

    @property
    def prices(self) -> Sequence[int]:
        """The price of every trade, oldest first."""
        return self._market.prices(self.symbol)

    @property
    def trades(self) -> Sequence[SeenTrade]:
        """Every trade with its time, price, quantity and side, oldest first."""
        return self._market.trades(self.symbol)

    @property
    def last(self) -> int | None:
        """The price of the last trade."""
        return self._market.last(self._book)

    @property
    def bid(self) -> int | None:
        """The best displayed bid."""
        bids, _ = self.depth(1)
        return bids[0][0] if bids else None

    @property
    def ask(self) -> int | None:
        """The best displayed ask."""
        _, asks = self.depth(1)
        return asks[0][0] if asks else None

    @property
    def position(self) -> int:
        """Your position."""
        return self._balance.total

    @property
    def value(self) -> int | None:
        """The believed value, if the scenario publishes one."""
        return self._market.value(self.symbol) if self._knows else None

    @property
    def phase(self) -> str:
        """The phase: continuous (orders trade), call (orders collect for an auction), halted or closed."""
        return self._market.phase(self._book)

    @property
    def instrument(self) -> Instrument:
        """The present terms; a change of them is announced long before."""
        return self._listing.instrument

    def depth(self, levels: int = 10) -> Depth:
        """The best bids and the best asks as (price, displayed quantity), best first."""
        return self._market.depth(self._book, levels)
