"""The journal: the append-only record of a run, one total order with dense sequence numbers.

An event's sequence number is its place, counted from 0. A writer gets `journal.record`; a reader keeps the number of
the next event that it wants and asks `since(number)`. There is no other way to record or to learn what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from market_sim.core.models.event import Event

E = TypeVar("E", bound=Event)


class Journal:
    """The events of one run."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        # The list's own append, because it is called several times for each order of a run.
        self.record: Callable[[Event], None] = self._events.append

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __getitem__(self, number: int) -> Event:
        return self._events[number]

    def since(self, number: int) -> list[Event]:
        """All events from this sequence number on."""
        return self._events[number:]

    def between(self, first: int, end: int) -> list[Event]:
        """The events from one number up to, and without, another."""
        return self._events[first:end]

    @contextmanager
    def by_type(self) -> Iterator[Journal]:
        """The same events for a reader that asks again and again for all events of a type."""
        yield self

    def of(self, kind: type[E], end: int | None = None) -> Iterator[E]:
        """All events of one type, in order; with `end` those before this number."""
        return (event for event in islice(self, end) if type(event) is kind)

    def until(self, end: int) -> Journal:
        """The events before this number, for a reader of a journal that grows meanwhile; nothing is copied."""
        return _Beginning(self, end)


class _Beginning(Journal):
    """The first events of another journal."""

    def __init__(self, whole: Journal, end: int) -> None:
        super().__init__()
        self.record = whole.record
        self._whole, self._end = whole, min(end, len(whole))

    def __len__(self) -> int:
        return self._end

    def __iter__(self) -> Iterator[Event]:
        return islice(self._whole, self._end)

    def __getitem__(self, number: int) -> Event:
        place = number + self._end if number < 0 else number
        if not 0 <= place < self._end:
            raise IndexError(f"there is no event {number}")
        return self._whole[place]

    def since(self, number: int) -> list[Event]:
        """All events from this sequence number on."""
        return self._whole.between(number, self._end)

    def between(self, first: int, end: int) -> list[Event]:
        """The events from one number up to, and without, another."""
        return self._whole.between(first, min(end, self._end))

    def of(self, kind: type[E], end: int | None = None) -> Iterator[E]:
        """All events of one type, in order; with `end` those before this number."""
        return self._whole.of(kind, self._end if end is None else min(end, self._end))
