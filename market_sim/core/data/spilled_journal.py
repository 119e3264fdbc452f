"""A journal whose older events lie elsewhere, so that the memory of a run does not grow with its length.

Whoever stores the events says so with `release`: the journal forgets the events before that number and reads them
from the store when somebody asks for them. One thread records and releases; others may read at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, cast

from market_sim.core.data.journal import E, Journal
from market_sim.core.data.sorted_journal import SortedJournal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event


class Older(Protocol):
    """Reads the events from one number up to, and without, another; of one type, if one is given."""

    def __call__(self, first: int, end: int, kind: type[Event] | None = None) -> Iterator[Event]:
        """These events, in order."""


def _nothing(first: int, end: int, kind: type[Event] | None = None) -> Iterator[Event]:
    return iter(())


class SpilledJournal(Journal):
    """A journal that keeps its last events in memory and reads the older ones from a store."""

    def __init__(self) -> None:
        super().__init__()
        self._older: Older = _nothing
        # One value, replaced as a whole: another thread sees the number and the events that belong together.
        self._tail: tuple[int, list[Event]] = (0, self._events)
        # Many keep this function, so it outlives the list that it appends to.
        self.record = self._record

    @property
    def first(self) -> int:
        """The number of the first event in memory."""
        return self._tail[0]

    def release(self, number: int, older: Older) -> None:
        """Forget the events before this number; from now on `older` reads them."""
        first, events = self._tail
        if number > first + len(events):
            raise InvariantBroken(f"a journal of {first + len(events)} events cannot release {number}")
        if number > first:
            self._older = older
            # A reader that holds the old list keeps it whole.
            self._events = events[number - first :]
            self._tail = number, self._events

    def __len__(self) -> int:
        first, events = self._tail
        return first + len(events)

    def __iter__(self) -> Iterator[Event]:
        first, events = self._tail
        return chain(self._older(0, first), events) if first else iter(events)

    def __getitem__(self, number: int) -> Event:
        first, events = self._tail
        if number < 0:
            number += first + len(events)
        if number >= first:
            return events[number - first]
        if number < 0:
            raise IndexError(f"there is no event {number}")
        return next(self._older(number, number + 1))

    def since(self, number: int) -> list[Event]:
        """All events from this sequence number on."""
        first, events = self._tail
        if number >= first:
            return events[number - first :]
        return [*self._older(number, first), *events]

    def of(self, kind: type[E], end: int | None = None) -> Iterator[E]:
        """All events of one type, in order; a store reads no others for it."""
        first, events = self._tail
        older = cast("Iterator[E]", self._older(0, first if end is None else min(first, end), kind))
        kept = islice(events, None if end is None else max(0, end - first))
        return chain(older if first else (), (event for event in kept if type(event) is kind))

    @contextmanager
    def by_type(self) -> Iterator[Journal]:
        """The same events, with those of each type in a file of their own: each is read from the store once."""
        if not self.first:
            yield self
            return
        with TemporaryDirectory(prefix="market-") as folder:
            yield SortedJournal(self, Path(folder))

    def between(self, first: int, end: int) -> list[Event]:
        """The events from one number up to, and without, another."""
        kept, events = self._tail
        if first >= kept:
            return events[first - kept : max(0, end - kept)]
        return [*self._older(first, min(end, kept)), *events[: max(0, end - kept)]]

    def _record(self, event: Event) -> None:
        self._events.append(event)
