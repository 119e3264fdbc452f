"""Bars: the middle of the quotes, the spread and the volume at equal intervals of a run, from its journal alone.

Returns are those of the middle, not of trades: a price that jumps between bid and ask has a negative autocorrelation
that no participant could gain from (Roll 1984). A bar in which one side of the book is empty keeps the last middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log

from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Trade, book_name
from market_sim.market.exchange.book_replay import BookReplay


@dataclass
class Bars:
    """The bars of one book, oldest first."""

    bar_ns: int
    middles: list[float] = field(default_factory=list)
    """The middle of the best bid and the best ask at the end of each bar."""
    spreads: list[int] = field(default_factory=list)
    """The ask less the bid at the end of each bar; that of the bar before where one side is empty."""
    volumes: list[int] = field(default_factory=list)
    """The quantity traded in each bar."""
    depths: list[int] = field(default_factory=list)
    """The quantity at the best bid and the best ask at the end of each bar."""

    @property
    def returns(self) -> list[float]:
        """The logarithmic returns from bar to bar."""
        return [log(after / before) for before, after in pairwise(self.middles)]


def bars(events: Iterable[Event], book: str, bar_ns: int) -> Bars:
    """The complete bars of a book, from the first one at whose end both sides were quoted."""
    if bar_ns < 1:
        raise InputError(f"a bar lasts at least one nanosecond, found {bar_ns}")
    found, replay = Bars(bar_ns), BookReplay()
    bids, asks = replay.book(book)
    effects, end, volume = replay.effects, bar_ns, 0
    for event in events:
        while event.time >= end:
            if bids and asks:
                bid, ask = max(bids), min(asks)
                found.middles.append((bid + ask) / 2)
                found.spreads.append(ask - bid)
                found.volumes.append(volume)
                found.depths.append(bids[bid] + asks[ask])
            elif found.middles:
                found.middles.append(found.middles[-1])
                found.spreads.append(found.spreads[-1])
                found.volumes.append(volume)
                found.depths.append(found.depths[-1])
            end, volume = end + bar_ns, 0
        effect = effects.get(type(event))
        if effect is not None:
            effect(event)
            if type(event) is Trade and book_name(event.symbol, event.venue) == book:
                volume += event.quantity
    return found


def sums(values: Sequence[float], count: int) -> list[float]:
    """The sums of `count` neighbours that do not overlap; what is left at the end is dropped.

    >>> sums([1, 2, 3, 4, 5], 2)
    [3, 7]
    """
    return [sum(values[start : start + count]) for start in range(0, len(values) - count + 1, count)]
