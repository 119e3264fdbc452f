"""Quotes: the best bid and ask of each book with their sizes, from instant to instant, by one replay of a journal.

A midpoint is kept twice as large, bid plus ask, so that it is a whole number and every difference of prices is exact.
What happens within one instant is seen when the instant is over, so all fills of a sweep have one midpoint before them.
While a side is empty, or a call auction leaves the book crossed, the last quotes hold.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade, book_name
from market_sim.market.exchange.book_replay import Book, BookReplay


@dataclass
class Quotes:
    """The quotes of one book: from each of these times on, the best prices and what is shown at them."""

    times: list[int] = field(default_factory=list)
    bids: list[int] = field(default_factory=list)
    asks: list[int] = field(default_factory=list)
    bid_sizes: list[int] = field(default_factory=list)
    ask_sizes: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    """Twice the midpoint."""
    _last: tuple[int, int, int, int] | None = field(default=None, repr=False, compare=False)

    def tell(self, time: int, bid: int, ask: int, bid_size: int, ask_size: int) -> None:
        """Note the quotes of an instant that is over, if they changed."""
        now = bid, ask, bid_size, ask_size
        if now != self._last:
            self._last = now
            self.times.append(time)
            self.bids.append(bid)
            self.asks.append(ask)
            self.bid_sizes.append(bid_size)
            self.ask_sizes.append(ask_size)
            self.twice.append(bid + ask)

    def place_before(self, time: int) -> int | None:
        """The index of the quotes before anything of this time happened; None before the first ones."""
        place = bisect_left(self.times, time)
        return place - 1 if place else None

    def before(self, time: int) -> int | None:
        """Twice the midpoint before anything of this time happened."""
        place = bisect_left(self.times, time)
        return self.twice[place - 1] if place else None

    def at(self, time: int) -> int | None:
        """Twice the midpoint once everything of this time has happened."""
        place = bisect_right(self.times, time)
        return self.twice[place - 1] if place else None

    def mean_twice(self, start: int, end: int) -> float | None:
        """Twice the midpoint on average over this stretch of time, from the first quotes on."""
        first = bisect_right(self.times, start)
        last = bisect_left(self.times, end)
        moments = [start, *self.times[first:last], end] if first else [*self.times[:last], end]
        levels = self.twice[max(0, first - 1) : last]
        weights = [after - before for before, after in pairwise(moments)]
        if not levels or sum(weights) <= 0:
            return None
        return sum(weight * level for weight, level in zip(weights, levels, strict=True)) / sum(weights)


@dataclass
class BookTape:
    """What one book showed and traded."""

    quotes: Quotes = field(default_factory=Quotes)
    trades: list[Trade] = field(default_factory=list)


def tapes(events: Iterable[Event]) -> dict[str, BookTape]:
    """The tape of every book that was quoted or traded, by its name (`book_name`)."""
    replay, found = BookReplay(), dict[str, BookTape]()
    effects, books = replay.effects, replay.books
    now, is_stale = 0, False
    for event in events:
        effect = effects.get(type(event))
        if effect is None:
            continue
        if event.time != now:
            if is_stale:
                _note(books, found, now)
            now, is_stale = event.time, False
        effect(event)
        is_stale = True
        if type(event) is Trade:
            name = book_name(event.symbol, event.venue) if event.venue else event.symbol
            tape = found.get(name)
            if tape is None:
                tape = found[name] = BookTape()
            tape.trades.append(event)
    if is_stale:
        _note(books, found, now)
    return found


def _note(books: dict[str, Book], found: dict[str, BookTape], time: int) -> None:
    for name, (bids, asks) in books.items():
        if bids and asks:
            bid, ask = max(bids), min(asks)
            if bid < ask:
                tape = found.get(name)
                if tape is None:
                    tape = found[name] = BookTape()
                tape.quotes.tell(time, bid, ask, bids[bid], asks[ask])
