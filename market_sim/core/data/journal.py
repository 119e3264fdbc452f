"""The journal: the append-only record of a run, one total order with dense sequence numbers.

An event's sequence number is its place, counted from 0. Whoever makes events gets `journal.record`; whoever reads
them keeps the number of the next event it wants and asks `since(number)`. There is no other way to tell or to
learn what happened.

A journal lives in memory. It may be given a spill: then all but the last events move to disk, a segment at a time, and
reading them looks the same as before. No scenario gives it one; the memory benchmark does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TypeVar

from market_sim.core.data.spill import Spill
from market_sim.core.models.event import Event

E = TypeVar("E", bound=Event)


class Journal:
    """The events of one run."""

    def __init__(self, spill: Spill | None = None) -> None:
        self._events: list[Event] = []
        self._spill = spill
        self._first = 0
        # The list's own append, because it is called several times for each order of a run.
        self.record: Callable[[Event], None] = self._events.append if spill is None else self._record_and_spill

    def __len__(self) -> int:
        return self._first + len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events) if self._spill is None else chain(self._spill.read(), self._events)

    def __getitem__(self, number: int) -> Event:
        if number < 0:
            number += len(self)
        if number >= self._first:
            return self._events[number - self._first]
        for event in self._older(number):
            return event
        raise IndexError(f"there is no event {number}")

    def since(self, number: int) -> list[Event]:
        """All events from this sequence number on."""
        if number >= self._first:
            return self._events[number - self._first :]
        return [*self._older(number), *self._events]

    def of(self, kind: type[E]) -> Iterator[E]:
        """All events of one type, in order."""
        return (event for event in self if type(event) is kind)

    def _older(self, number: int) -> Iterator[Event]:
        if self._spill is None or number < 0:
            return iter(())
        return self._spill.read(number)

    def _record_and_spill(self, event: Event) -> None:
        # Two segments stay in memory before the older one goes: whoever reads regularly never waits for the disk.
        events, spill = self._events, self._spill
        events.append(event)
        if spill is not None and len(events) >= 2 * spill.segment:
            spill.append(events[: spill.segment])
            del events[: spill.segment]
            self._first += spill.segment
