"""The books of a run as of any event; a step back replays at most `STRIDE` events."""

from __future__ import annotations

import threading

from market_sim.core.data.journal import Journal
from market_sim.market.exchange.book_replay import Book, BookReplay

STRIDE = 40_000
"""The number of events after which a copy of all books is kept."""


class Books:
    """The books of a run, for any number of concurrent readers.

    One replay is kept at the last requested event and moves forward; an earlier event starts from a kept copy.
    """

    def __init__(self, journal: Journal, ended: BookReplay | None = None) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._kept = [BookReplay()]
        """Copies of the books every `STRIDE` events, as far as the replay has come."""
        self._reached, self._replay = -1, BookReplay()
        if ended is not None:  # most visits begin at the end, and drawing the charts has replayed the books already
            self._reached, self._replay = len(journal) - 1, ended

    def at(self, number: int, symbol: str) -> Book:
        """A copy of an instrument's book as of this event."""
        with self._lock:
            if self._reached > number:
                nearest = min((number + 1) // STRIDE, len(self._kept) - 1)
                self._reached, self._replay = nearest * STRIDE - 1, self._kept[nearest].copied()
            for place in range(self._reached + 1, number + 1):
                event = self._journal[place]
                effect = self._replay.effects.get(type(event))
                if effect is not None:
                    effect(event)
                if place + 1 == len(self._kept) * STRIDE:
                    self._kept.append(self._replay.copied())
            self._reached = number
            book = self._replay.book(symbol)
            return Book(dict(book.bids), dict(book.asks))
