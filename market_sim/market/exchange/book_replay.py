"""The book replay: the displayed depth of every book, rebuilt from the journal alone.

If an instrument is traded on several venues, each has a book of its own, named after both (`book_name`).

An accepted order with a limit is added at its price at once; the fills, cancellations and amendments that follow reduce
it. Between two events of one instant the two sides may therefore overlap; after the last event of an instant the replay
equals the depth that the exchange displays (tests/unit/analysis/history compares them). Charts, steps, traces and the
book feed (`book_feed.py`) all use it.

A long run has several hundred thousand orders. For speed, ordinary orders are plain lists, and orders with conditions
are kept separately.
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
"""The displayed quantity by price."""

Fill = Literal["maker", "taker", "auction"]
"""How an order traded: as the maker, as the taker, or in an auction."""

SIDE, LIMIT, LEFT, TOTAL = range(4)
"""The indices in the list for an open order: the levels of its side, its limit, its remaining and total quantity."""


class Book(NamedTuple):
    """The two sides of one instrument."""

    bids: Depth
    asks: Depth


class ConditionalOrder:
    """An order with conditions: an iceberg shows its slice; hidden, pegged and untriggered stop orders show nothing."""

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
        """A stop order triggered: from now on it is like an order that has just arrived."""
        self.display = self.woken
        self._show(min(self.display, self.left))

    def fill(self, quantity: int, how: Fill) -> None:
        """A part of it traded; after a slice that is used up the next one is shown (rulebook F-1.2)."""
        self.left -= quantity
        if how == "auction":
            self._show(min(self.shown, self.left))
        else:
            rest_of_slice = self.shown - quantity if how == "maker" else 0
            self._show(min(rest_of_slice if rest_of_slice > 0 else self.display, self.left))

    def shrink(self, quantity: int) -> None:
        """A part of it was withdrawn."""
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
    """The books of all instruments, updated event by event."""

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self._orders: dict[int, list[Any]] = {}
        self._conditional: dict[int, ConditionalOrder] = {}
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
        """The effect of each type of event; other types do not change a book."""

    def book(self, name: str) -> Book:
        """The book with this name (`book_name`); empty before its first order."""
        found = self.books.get(name)
        if found is None:
            found = self.books[name] = Book({}, {})
        return found

    def copied(self) -> BookReplay:
        """An independent copy of the books."""
        other = BookReplay()
        other.books = {symbol: Book(dict(book.bids), dict(book.asks)) for symbol, book in self.books.items()}
        sides = {
            id(mine): own
            for symbol, book in self.books.items()
            for mine, own in zip(book, other.books[symbol], strict=True)
        }
        other._orders = {number: [sides[id(order[SIDE])], *order[LIMIT:]] for number, order in self._orders.items()}
        for number, order in self._conditional.items():
            other._conditional[number] = copy(order)
            other._conditional[number].levels = sides[id(order.levels)]
        other._in_auction = dict(self._in_auction)
        return other

    def accepted(self, event: OrderAccepted) -> None:
        """An order was accepted; a market order never rests."""
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
            self._conditional[event.order] = ConditionalOrder(levels, terms, limit)

    def traded(self, event: Trade) -> None:
        """A fill reduces both orders."""
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
        elif number in self._conditional:
            self._conditional[number].fill(quantity, how)

    def cancelled(self, event: OrderCancelled) -> None:
        """The rest of an order was withdrawn, or a part of it."""
        order = self._orders.get(event.order)
        if order is not None:
            quantity = event.quantity
            order[LEFT] -= quantity
            order[TOTAL] -= quantity
            if not order[LEFT]:
                del self._orders[event.order]
            _change(order[SIDE], order[LIMIT], -quantity)
        elif event.order in self._conditional:
            self._conditional[event.order].shrink(event.quantity)

    def amended(self, event: OrderAmended) -> None:
        """An order has a new limit and a new total quantity, which includes its fills."""
        order = self._orders.get(event.order)
        if order is not None:
            _change(order[SIDE], order[LIMIT], -order[LEFT])
            order[LEFT] = event.quantity - (order[TOTAL] - order[LEFT])
            order[LIMIT], order[TOTAL] = event.limit, event.quantity
            _change(order[SIDE], order[LIMIT], order[LEFT])
        elif event.order in self._conditional:
            self._conditional[event.order].amend(event.quantity, event.limit, event.kept_place)

    def triggered(self, event: OrderTriggered) -> None:
        """A stop order enters the book; a stop market order never rests."""
        if event.order in self._conditional:
            self._conditional[event.order].wake()

    def auction_held(self, event: AuctionHeld) -> None:
        """The trades that follow belong to the auction, in which icebergs show no new slices."""
        self._in_auction[book_name(event.symbol, event.venue)] = None

    def phase_changed(self, event: PhaseChanged) -> None:
        """The next phase ends an auction."""
        self._in_auction.pop(book_name(event.symbol, event.venue), None)


def _change(levels: Depth, limit: int, quantity: int) -> None:
    """Add to a level, or subtract from it; an empty level is removed."""
    after = levels.get(limit, 0) + quantity
    if after:
        levels[limit] = after
    else:
        levels.pop(limit, None)
