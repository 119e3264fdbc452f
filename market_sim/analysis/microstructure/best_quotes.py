"""The best quotes of an instrument over its lit venues: what an order that may go to any of them is measured by.

The best bid is the highest and the best ask the lowest of the venues on which one can trade now; their sizes are what
all of these show at that price. A venue that is down, whose connection is broken, or where the instrument is halted or
in an auction is left out: nobody gets its prices. Two venues can be locked or crossed, so the ask may be at or below
the bid; their middle is still the midpoint. A trade in the dark happens because a midpoint moved, so it is held against
the best quotes of its very moment, and not against those before its instant (rulebook F-8.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import BookOpened, PhaseChanged, Trade, book_name
from market_sim.core.models.venue_events import OutageBegan, OutageEnded, VenueHealthChanged, VenueOpened
from market_sim.market.exchange.book_replay import Book, BookReplay
from market_sim.market.exchange.listing import CONTINUOUS
from market_sim.market.exchange.quotes import BookTape, Quotes
from market_sim.market.venues.breaker import CLOSED
from market_sim.market.venues.terms import DARK

Shown = tuple[int, int, int, int]
"""The best bid, the best ask, and what is shown at each."""


class WholeTape(NamedTuple):
    """An instrument over all its venues: the best quotes and every trade, and the quotes of each trade in the dark."""

    tape: BookTape
    in_the_dark: dict[int, Shown]
    """By the number of the trade; a trade before the first quotes has none."""


def whole_tapes(events: Iterable[Event]) -> dict[str, WholeTape]:
    """Every instrument that has a book on several venues, by its symbol."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    reader.end_of_instant()
    return {symbol: one for symbol, one in reader.found.items() if len(reader.venues[symbol]) > 1}


class _Reader:
    """Follows the books of all venues, and which of them can be traded on."""

    def __init__(self) -> None:
        self.found: dict[str, WholeTape] = {}
        self.venues: dict[str, list[str]] = {}
        self._lit: dict[str, list[str]] = {}
        self._dark: set[str] = set()
        self._away: dict[tuple[str, str], bool] = {}
        """Whether a venue, or a book by its name, is out for this reason."""
        self._showing: dict[str, list[Book]] = {}
        """The books of each symbol on which one can trade now."""
        self._replay = BookReplay()
        self._now, self._is_stale = 0, False
        self._others: dict[type, Callable[[Any], None]] = {
            VenueOpened: self._opened, BookOpened: self._listed, OutageBegan: self._down, OutageEnded: self._up,
            VenueHealthChanged: self._health,
        }  # fmt: skip

    def read(self, event: Event) -> None:
        """Take the next event in."""
        kind = type(event)
        effect, other = self._replay.effects.get(kind), self._others.get(kind)
        if effect is None and other is None:
            return
        if event.time != self._now:
            self.end_of_instant()
            self._now = event.time
        self._is_stale = True
        if kind is Trade:
            self._traded(event)  # type: ignore[arg-type]
        elif isinstance(event, PhaseChanged):
            self._set("phase", book_name(event.symbol, event.venue), event.phase != CONTINUOUS)
        if effect is not None:
            effect(event)
        if other is not None:
            other(event)

    def end_of_instant(self) -> None:
        """Note the quotes of the instant that is over."""
        if self._is_stale:
            self._is_stale = False
            for symbol, one in self.found.items():
                shown = self._shown(symbol)
                if shown is not None:
                    one.tape.quotes.tell(self._now, *shown)

    def _traded(self, trade: Trade) -> None:
        whole = self.found.get(trade.symbol)
        if whole is None:
            return
        whole.tape.trades.append(trade)
        if trade.venue in self._dark:
            shown = self._shown(trade.symbol)
            if shown is not None:
                whole.in_the_dark[trade.trade] = shown

    def _shown(self, symbol: str) -> Shown | None:
        bid = ask = 0
        showing = self._showing[symbol]
        for bids, asks in showing:
            if bids and (best := max(bids)) > bid:
                bid = best
            if asks and ((best := min(asks)) < ask or not ask):
                ask = best
        if not bid or not ask:
            return None
        bid_size = ask_size = 0
        for bids, asks in showing:
            bid_size += bids.get(bid, 0)
            ask_size += asks.get(ask, 0)
        return bid, ask, bid_size, ask_size

    def _set(self, why: str, name: str, is_away: bool) -> None:
        """Whether a venue, or a book by its name, is out for this reason; which books show prices follows."""
        self._away[why, name] = is_away
        for symbol in self.found:
            self._showing[symbol] = [self._replay.book(one) for one in self._lit.get(symbol, ()) if self._trades(one)]

    def _trades(self, book: str) -> bool:
        venue = book.partition(" on ")[2]
        return not (
            self._away.get(("phase", book)) or self._away.get(("outage", venue)) or self._away.get(("health", venue))
        )

    def _opened(self, event: VenueOpened) -> None:
        if event.kind == DARK:
            self._dark.add(event.venue)

    def _listed(self, event: BookOpened) -> None:
        self.found.setdefault(event.symbol, WholeTape(BookTape(Quotes()), {}))
        self.venues.setdefault(event.symbol, []).append(event.venue)
        if event.venue not in self._dark:
            self._lit.setdefault(event.symbol, []).append(book_name(event.symbol, event.venue))
        self._set("listed", event.venue, False)

    def _down(self, event: OutageBegan) -> None:
        self._set("outage", event.venue, True)

    def _up(self, event: OutageEnded) -> None:
        self._set("outage", event.venue, False)

    def _health(self, event: VenueHealthChanged) -> None:
        self._set("health", event.venue, event.status != CLOSED)
