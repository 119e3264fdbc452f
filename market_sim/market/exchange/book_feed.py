"""The book feed: the public market data of one order book, a snapshot and numbered changes, from the journal alone.

A subscriber takes a snapshot, which contains the number of its last change, and then every later change; after a gap in
the numbers it takes a snapshot again. A change states the displayed quantity at a price (0 for none), so applying it
twice does no harm. The feed never shows hidden and pegged orders, untriggered stops and the later slices of icebergs.

The exchange records an order before its fills, so that the book looks crossed in between. Therefore the changes of one
message are published together: when the next message begins, or after the last event.

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
[BookChange(sequence=3, time=1, side=-1, price=101, quantity=6)]
>>> copy.apply(feed.changes(copy.sequence))
>>> copy.depth(-1), copy.depth(1) == feed.depth(1)
([DepthLevel(price=101, quantity=6, cumulative=6)], True)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderTriggered, PhaseChanged
from market_sim.market.exchange.book_replay import Book, BookReplay

DEPTH = 10
KEPT = 10_000
"""The number of changes that can be asked for again; a reader that is further behind takes a snapshot."""


class DepthLevel(msgspec.Struct, frozen=True, gc=False):
    """One price of a side: what is shown there, and the sum from the best price to here."""

    price: int
    quantity: int
    cumulative: int


class BookChange(msgspec.Struct, frozen=True, gc=False):
    """A price of one side shows this quantity from this time on."""

    sequence: int
    time: int
    side: int
    price: int
    quantity: int


class BookSnapshot(msgspec.Struct, frozen=True):
    """All that the book shows, with the number of the last change in it."""

    symbol: str
    sequence: int
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


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


class Watched(dict[int, int]):
    """One side of a replayed book, which remembers the prices that have changed."""

    def __init__(self) -> None:
        super().__init__()
        self.changed: dict[int, None] = {}

    def __setitem__(self, price: int, quantity: int) -> None:
        self.changed[price] = None
        super().__setitem__(price, quantity)

    def pop(self, price: int, *default: Any) -> Any:
        """Take a price out, as its last quantity goes."""
        self.changed[price] = None
        return super().pop(price, *default)


class BookFeed(Ladder):
    """The shown book of one instrument, and the numbered changes that led to it.

    Of several venues each has its own, called after both (`book_name`).
    """

    def __init__(self, journal: Journal, symbol: str, kept: int = KEPT) -> None:
        super().__init__()
        self.symbol = symbol
        self.sequence = 0
        self._kept = kept
        self._time = 0
        self._journal = journal
        self._read = 0
        self._replay = BookReplay()
        self._sides = Watched(), Watched()
        self._replay.books[symbol] = Book(*self._sides)
        self._changes: list[BookChange] = []
        self._last_accepted = 0

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
            if self._begins(event):
                self._give_out()
            self._time = event.time
            effect = self._replay.effects.get(type(event))
            if effect is not None:
                effect(event)
        self._read = len(self._journal)
        self._give_out()

    def _begins(self, event: Event) -> bool:
        """Whether a message is over with this event; an order that slides does so within its own."""
        if isinstance(event, OrderAmended):
            return event.order != self._last_accepted
        if isinstance(event, OrderAccepted):
            self._last_accepted = event.order
        return isinstance(event, OrderAccepted | OrderTriggered | PhaseChanged)

    def _give_out(self) -> None:
        """Number the changes of the message that is over."""
        for side, replayed in zip((1, -1), self._sides, strict=True):
            for price in replayed.changed:
                quantity = replayed.get(price, 0)
                if quantity != self.levels[side].get(price, 0):
                    self.sequence += 1
                    self.put(side, price, quantity)
                    self._changes.append(BookChange(self.sequence, self._time, side, price, quantity))
            replayed.changed.clear()
        if len(self._changes) >= 2 * self._kept:
            del self._changes[: -self._kept]
