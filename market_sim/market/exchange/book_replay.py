"""The replay of the books: what waits at which price in every instrument, rebuilt from the journal alone.

Where an instrument is traded on several venues, each has a book of its own, called after both (`book_name`).

An accepted order with a limit is put at its price at once; the fills, cancellations and amendments that follow take
away from it. Between two events of one instant the two sides may therefore overlap; after the last event of an instant
the replay equals what the exchange shows (tests/unit/analysis/history compares them). Charts, steps, traces and the
feed of the book (`book_feed.py`) are all made from it.

Every order of a run goes through here, several hundred thousand in a long one: orders are plain lists, and orders
that show only a part of themselves are kept apart.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Literal, NamedTuple

from market_sim.core.models.event import Event
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, Conditions, PlaceOrder
from market_sim.core.models.market_events import (
    AuctionHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    PhaseChanged,
    Trade,
    book_name,
)

Depth = dict[int, int]
"""The shown quantity by price."""

Fill = Literal["maker", "taker", "auction"]
"""How an order came to trade: it waited, it arrived, or everybody traded at once."""

SIDE, LIMIT, LEFT, TOTAL = range(4)
"""The places in the list that stands for a waiting order: its side's levels, its limit, what is left, what it was."""


class Book(NamedTuple):
    """The two sides of one instrument."""

    bids: Depth
    asks: Depth


class Unusual:
    """An order with conditions: an iceberg shows its slice; a hidden, pegged or sleeping stop order shows nothing."""

    __slots__ = ("display", "left", "levels", "limit", "shown", "total", "woken")

    def __init__(self, levels: Depth, terms: PlaceOrder, limit: int) -> None:
        conditions = terms.conditions or Conditions()
        self.levels = levels
        self.limit = limit
        self.left = self.total = terms.quantity
        self.shown = 0
        self.woken = 0 if conditions.hidden or conditions.peg else conditions.display or LARGEST_AMOUNT
        self.display = self.woken if conditions.stop is None else 0
        self._show(min(self.display, self.left))

    def wake(self) -> None:
        """A stop order triggered: from now on it is like one that has just arrived."""
        self.display = self.woken
        self._show(min(self.display, self.left))

    def fill(self, quantity: int, how: Fill) -> None:
        """Some of it traded; a slice that is used up is followed by the next one (rulebook F-1.2)."""
        self.left -= quantity
        if how == "auction":
            self._show(min(self.shown, self.left))
        else:
            rest_of_slice = self.shown - quantity if how == "maker" else 0
            self._show(min(rest_of_slice if rest_of_slice > 0 else self.display, self.left))

    def shrink(self, quantity: int) -> None:
        """Some of it is gone without a trade."""
        self.left -= quantity
        self.total -= quantity
        self._show(min(self.shown, self.left))

    def amend(self, quantity: int, limit: int, kept_place: bool) -> None:
        """It has new terms; with a new place in the queue it shows a new slice."""
        self.left, self.total = quantity - (self.total - self.left), quantity
        shown = self.shown
        if not kept_place:
            self._show(0)
            self.limit, shown = limit, self.display
        self._show(min(shown, self.left))

    def _show(self, quantity: int) -> None:
        if quantity != self.shown:
            _change(self.levels, self.limit, quantity - self.shown)
            self.shown = quantity


class BookReplay:
    """The books of all instruments, moved forward event by event."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self._orders: dict[int, list[Any]] = {}
        self._unusual: dict[int, Unusual] = {}
        self._in_auction: dict[str, None] = {}
        self.effects: dict[type[Event], Callable[[Any], None]] = {
            OrderAccepted: self.accepted,
            Trade: self.traded,
            OrderCancelled: self.cancelled,
            OrderAmended: self.amended,
            OrderTriggered: self.triggered,
            AuctionHeld: self.auction_held,
            PhaseChanged: self.phase_changed,
        }
        """What each kind of event does; the others do nothing to a book."""

    def book(self, name: str) -> Book:
        """The book of one instrument, or of one on one venue (`book_name`); empty until somebody orders."""
        found = self.books.get(name)
        if found is None:
            found = self.books[name] = Book({}, {})
        return found

    def copied(self) -> BookReplay:
        """The same books, which go their own way from here."""
        other = BookReplay()
        other.books = {symbol: Book(dict(book.bids), dict(book.asks)) for symbol, book in self.books.items()}
        sides = {
            id(mine): own
            for symbol, book in self.books.items()
            for mine, own in zip(book, other.books[symbol], strict=True)
        }
        other._orders = {number: [sides[id(order[SIDE])], *order[LIMIT:]] for number, order in self._orders.items()}
        for number, order in self._unusual.items():
            other._unusual[number] = copy(order)
            other._unusual[number].levels = sides[id(order.levels)]
        other._in_auction = dict(self._in_auction)
        return other

    def accepted(self, event: OrderAccepted) -> None:
        """An order came; without a limit it trades at once or goes, and never waits."""
        terms = event.terms
        limit = terms.limit
        if limit is None:
            return
        name = book_name(terms.symbol, terms.venue) if terms.venue else terms.symbol
        levels = self.book(name)[0 if terms.side == BUY else 1]
        if terms.conditions is None:
            quantity = terms.quantity
            self._orders[event.order] = [levels, limit, quantity, quantity]
            levels[limit] = levels.get(limit, 0) + quantity
        else:
            self._unusual[event.order] = Unusual(levels, terms, limit)

    def traded(self, event: Trade) -> None:
        """Both sides of a fill have less left."""
        in_auction = bool(self._in_auction) and book_name(event.symbol, event.venue) in self._in_auction
        self._fill(event.maker_order, event.quantity, "auction" if in_auction else "maker")
        self._fill(event.taker_order, event.quantity, "auction" if in_auction else "taker")

    def _fill(self, number: int, quantity: int, how: Fill) -> None:
        order = self._orders.get(number)
        if order is not None:
            order[LEFT] -= quantity
            if not order[LEFT]:
                del self._orders[number]
            _change(order[SIDE], order[LIMIT], -quantity)
        elif number in self._unusual:
            self._unusual[number].fill(quantity, how)

    def cancelled(self, event: OrderCancelled) -> None:
        """What was left of an order is gone, or a part of it."""
        order = self._orders.get(event.order)
        if order is not None:
            quantity = event.quantity
            order[LEFT] -= quantity
            order[TOTAL] -= quantity
            if not order[LEFT]:
                del self._orders[event.order]
            _change(order[SIDE], order[LIMIT], -quantity)
        elif event.order in self._unusual:
            self._unusual[event.order].shrink(event.quantity)

    def amended(self, event: OrderAmended) -> None:
        """An order has a new total quantity and limit; what it has traded stays traded."""
        order = self._orders.get(event.order)
        if order is not None:
            _change(order[SIDE], order[LIMIT], -order[LEFT])
            order[LEFT] = event.quantity - (order[TOTAL] - order[LEFT])
            order[LIMIT], order[TOTAL] = event.limit, event.quantity
            _change(order[SIDE], order[LIMIT], order[LEFT])
        elif event.order in self._unusual:
            self._unusual[event.order].amend(event.quantity, event.limit, event.kept_place)

    def triggered(self, event: OrderTriggered) -> None:
        """A stop order goes to the book; one without a limit trades at once or goes, and never waits."""
        if event.order in self._unusual:
            self._unusual[event.order].wake()

    def auction_held(self, event: AuctionHeld) -> None:
        """The trades that follow are the auction's, in which icebergs show no new slices."""
        self._in_auction[book_name(event.symbol, event.venue)] = None

    def phase_changed(self, event: PhaseChanged) -> None:
        """An auction is over when the next phase begins."""
        self._in_auction.pop(book_name(event.symbol, event.venue), None)


def _change(levels: Depth, limit: int, quantity: int) -> None:
    """Add to a level, or take away; an empty level is none."""
    after = levels.get(limit, 0) + quantity
    if after:
        levels[limit] = after
    else:
        levels.pop(limit, None)
