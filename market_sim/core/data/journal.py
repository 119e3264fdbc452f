"""The journal: the append-only record of a run, one total order with dense sequence numbers.

An event's sequence number is its place, counted from 0. A writer gets `journal.record`; a reader keeps the number of
the next event that it wants and asks `since(number)`. There is no other way to record or to learn what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    def of(self, kind: type[E]) -> Iterator[E]:
        """All events of one type, in order."""
        return (event for event in self if type(event) is kind)
