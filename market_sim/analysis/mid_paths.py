"""Mid paths: the midpoint of every book over time, from the displayed orders of a journal.

A midpoint is kept twice as large, bid plus ask, so that it is a whole number of ticks. It changes only between two
instants: what happens within one instant is seen when the instant is over.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from market_sim.core.models.event import Event
from market_sim.market.exchange.book_replay import BookReplay


@dataclass
class MidPath:
    """The midpoint of one book: from each of these times on, twice the midpoint and the spread."""

    times: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)
    spreads: list[int] = field(default_factory=list)

    def at(self, time: int) -> int | None:
        """Twice the midpoint once everything of this time has happened; None before the first one."""
        place = bisect_right(self.times, time)
        return self.twice[place - 1] if place else None

    def before(self, time: int) -> int | None:
        """Twice the midpoint before anything of this time happened; None before the first one."""
        place = bisect_left(self.times, time)
        return self.twice[place - 1] if place else None

    def tell(self, time: int, bid: int, ask: int) -> None:
        """Note the best prices of an instant that is over; those of a one-sided book are not noted."""
        if not self.twice or self.twice[-1] != bid + ask or self.spreads[-1] != ask - bid:
            self.times.append(time)
            self.twice.append(bid + ask)
            self.spreads.append(ask - bid)


def mid_paths(events: Iterable[Event]) -> dict[str, MidPath]:
    """The mid path of every book, by its name; while one side is empty the last midpoint holds."""
    replay = BookReplay()
    paths: dict[str, MidPath] = {}
    now, is_stale = 0, False
    for event in events:
        if event.time != now:
            if is_stale:
                _note(replay, paths, now)
            now, is_stale = event.time, False
        effect = replay.effects.get(type(event))
        if effect is not None:
            effect(event)
            is_stale = True
    if is_stale:
        _note(replay, paths, now)
    return paths


def _note(replay: BookReplay, paths: dict[str, MidPath], time: int) -> None:
    for name, book in replay.books.items():
        if book.bids and book.asks:
            paths.setdefault(name, MidPath()).tell(time, max(book.bids), min(book.asks))
