"""The book feed: what everybody may see of one order book, rebuilt from the journal alone.

A reader takes a snapshot, which says how many changes it contains, and then every change after it, each with its
number; whoever finds a gap in the numbers takes a snapshot again. A change says what a price shows now (0: nothing),
so that applying it twice does no harm. Hidden and pegged orders, sleeping stops and the later slices of icebergs are
seen by nobody.

The exchange adds an order to the journal before its fills, so that the book looks crossed between the two. Changes
are therefore given out message by message: only when the next one begins, or nothing follows.

>>> from market_sim.core.models.intents import Buy, Sell
>>> from market_sim.core.models.market_events import OrderAccepted, Trade
>>> journal = Journal()
>>> feed = BookFeed(journal, "ACME")
>>> journal.record(OrderAccepted(0, 1, "ann", Sell("ACME", 30, 101, display=10)))
>>> journal.record(OrderAccepted(0, 2, "bob", Buy("ACME", 5, 99)))
>>> copy = BookCopy(feed.snapshot())
>>> journal.record(OrderAccepted(1, 3, "bob", Buy("ACME", 4, 101)))
>>> journal.record(Trade(1, 1, "ACME", 101, 4, 1, 1, 3, "ann", "bob", 0, 0))
>>> feed.changes(copy.sequence)
[BookChange(sequence=3, side=-1, price=101, quantity=6)]
>>> copy.apply(feed.changes(copy.sequence))
>>> copy.depth(-1), copy.depth(1) == feed.depth(1)
([DepthLevel(price=101, quantity=6, cumulative=6)], True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import (
    AuctionHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    PhaseChanged,
    Trade,
)

DEPTH = 10
KEPT = 10_000
"""So many changes can be asked for again; whoever is further behind takes a snapshot."""


class DepthLevel(msgspec.Struct, frozen=True, gc=False):
    """One price of a side: what is shown there, and the sum from the best price to here."""

    price: int
    quantity: int
    cumulative: int


class BookChange(msgspec.Struct, frozen=True, gc=False):
    """A price of one side shows this quantity from now on."""

    sequence: int
    side: int
    price: int
    quantity: int


class BookSnapshot(msgspec.Struct, frozen=True):
    """All that the book shows, with the number of the last change in it."""

    symbol: str
    sequence: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class Shown(msgspec.Struct, gc=False):
    """An open order as the journal tells it, and what of it can be seen."""

    side: int
    price: int | None
    quantity: int
    remaining: int
    display: int
    slice: int
    unseen: bool
    dormant: bool

    @property
    def visible(self) -> int:
        """What it adds to the quantity of its price."""
        if self.unseen or self.dormant or self.price is None:
            return 0
        return min(self.slice, self.remaining) if self.display else self.remaining


class Ladder:
    """Quantities by side and price."""

    def __init__(self) -> None:
        self.levels: dict[int, dict[int, int]] = {1: {}, -1: {}}

    def depth(self, side: int, levels: int = DEPTH) -> list[DepthLevel]:
        """The best prices of a side with cumulative quantities, best first."""
        best = sorted(self.levels[side].items(), reverse=side > 0)[:levels]
        sums = accumulate(quantity for _, quantity in best)
        return [DepthLevel(price, quantity, total) for (price, quantity), total in zip(best, sums, strict=True)]

    @property
    def top(self) -> tuple[DepthLevel | None, DepthLevel | None]:
        """The best bid and the best ask."""
        bid, ask = self.depth(1, 1), self.depth(-1, 1)
        return bid[0] if bid else None, ask[0] if ask else None

    def put(self, side: int, price: int, quantity: int) -> None:
        """Let a price show this quantity."""
        if quantity:
            self.levels[side][price] = quantity
        else:
            self.levels[side].pop(price, None)


class BookCopy(Ladder):
    """A subscriber's copy of a book: a snapshot, and every change after it in order."""

    def __init__(self, snapshot: BookSnapshot) -> None:
        super().__init__()
        self.sequence = snapshot.sequence
        self.levels = {1: dict(snapshot.bids), -1: dict(snapshot.asks)}

    def apply(self, changes: Iterable[BookChange]) -> None:
        """Follow the feed; a change that was applied before is passed over, a gap is an error."""
        for change in changes:
            if change.sequence > self.sequence + 1:
                raise InputError(f"change {change.sequence} follows change {self.sequence}: take a snapshot again")
            if change.sequence == self.sequence + 1:
                self.put(change.side, change.price, change.quantity)
                self.sequence = change.sequence


class BookFeed(Ladder):
    """The shown book of one instrument, and the numbered changes that led to it."""

    def __init__(self, journal: Journal, symbol: str) -> None:
        super().__init__()
        self.symbol = symbol
        self.sequence = 0
        self._journal = journal
        self._read = 0
        self._orders: dict[int, Shown] = {}
        self._changes: list[BookChange] = []
        self._pending: dict[tuple[int, int], int] = {}
        self._last_accepted = 0
        self._in_auction = False

    def snapshot(self) -> BookSnapshot:
        """The whole book as it is now."""
        self.catch_up()
        bids, asks = sorted(self.levels[1].items(), reverse=True), sorted(self.levels[-1].items())
        return BookSnapshot(self.symbol, self.sequence, tuple(bids), tuple(asks))

    def changes(self, since: int) -> list[BookChange]:
        """All changes after the one of this number."""
        self.catch_up()
        first = self._changes[0].sequence if self._changes else self.sequence + 1
        if since + 1 < first:
            raise InputError(f"changes are kept from {first} on, not from {since + 1}: take a snapshot")
        return self._changes[since + 1 - first :]

    def catch_up(self) -> None:
        """Read what the journal has got since the last time."""
        for event in self._journal.since(self._read):
            read = _READERS.get(type(event))
            if read is not None:
                read(self, event)
        self._read = len(self._journal)
        self._give_out()

    # One function for each kind of event

    def accepted(self, event: OrderAccepted) -> None:
        """A message begins: an order is there with all it has, its fills follow."""
        self._give_out()
        terms, conditions = event.terms, event.terms.conditions
        if terms.symbol != self.symbol:
            return
        self._last_accepted = event.order
        display = (conditions.display or 0) if conditions else 0
        self._orders[event.order] = order = Shown(
            side=terms.side,
            price=terms.limit,
            quantity=terms.quantity,
            remaining=terms.quantity,
            display=display,
            slice=min(display, terms.quantity),
            unseen=conditions is not None and (conditions.hidden or bool(conditions.peg)),
            dormant=conditions is not None and conditions.stop is not None,
        )
        self._change(order, order.visible)

    def traded(self, event: Trade) -> None:
        """Both orders have less; an iceberg that waited shows its next slice when one is used up."""
        if event.symbol != self.symbol:
            return
        for number, waited in ((event.maker_order, True), (event.taker_order, self._in_auction)):
            order = self._orders[number]
            before = order.visible
            order.remaining -= event.quantity
            if waited and not self._in_auction:
                order.slice -= event.quantity
            if not waited or order.slice <= 0:
                order.slice = min(order.display, order.remaining)
            self._after(number, order, before)

    def cancelled(self, event: OrderCancelled) -> None:
        """An order has less, or is gone."""
        order = self._orders.get(event.order)
        if order is not None:
            before = order.visible
            order.remaining -= event.quantity
            order.quantity -= event.quantity
            self._after(event.order, order, before)

    def amended(self, event: OrderAmended) -> None:
        """An order has new terms; one that slid does so while its own message is not over."""
        if event.order != self._last_accepted:
            self._give_out()
        order = self._orders.get(event.order)
        if order is None:
            return
        before = order.visible
        self._change(order, -before)
        order.remaining += event.quantity - order.quantity
        order.quantity = event.quantity
        if order.price is not None:
            order.price = event.limit
        order.slice = min(order.slice if event.kept_place else order.display, order.remaining)
        self._change(order, order.visible)

    def triggered(self, event: OrderTriggered) -> None:
        """A stop order arrives."""
        self._give_out()
        order = self._orders.get(event.order)
        if order is not None:
            order.dormant = False
            order.slice = min(order.display, order.remaining)
            self._change(order, order.visible)

    def auction_held(self, event: AuctionHeld) -> None:
        """The trades of an auction follow: nobody takes, and icebergs trade beyond their slices."""
        self._in_auction = self._in_auction or event.symbol == self.symbol

    def phase_changed(self, event: PhaseChanged) -> None:
        """An auction, if there was one, is over."""
        self._give_out()
        self._in_auction = self._in_auction and event.symbol != self.symbol

    # What they share

    def _after(self, number: int, order: Shown, before: int) -> None:
        if order.remaining <= 0:
            del self._orders[number]
        self._change(order, order.visible - before)

    def _change(self, order: Shown, difference: int) -> None:
        if difference and order.price is not None:
            place = order.side, order.price
            self._pending[place] = self._pending.get(place, 0) + difference

    def _give_out(self) -> None:
        """Number the changes of the message that is over."""
        for (side, price), difference in self._pending.items():
            if difference:
                self.sequence += 1
                quantity = self.levels[side].get(price, 0) + difference
                self.put(side, price, quantity)
                self._changes.append(BookChange(self.sequence, side, price, quantity))
        self._pending.clear()
        if len(self._changes) >= 2 * KEPT:
            del self._changes[:-KEPT]


# Plain functions instead of bound methods: one table serves every feed.
_READERS: dict[type[Event], Callable[[BookFeed, Any], None]] = {
    OrderAccepted: BookFeed.accepted,
    Trade: BookFeed.traded,
    OrderCancelled: BookFeed.cancelled,
    OrderAmended: BookFeed.amended,
    OrderTriggered: BookFeed.triggered,
    AuctionHeld: BookFeed.auction_held,
    PhaseChanged: BookFeed.phase_changed,
}
