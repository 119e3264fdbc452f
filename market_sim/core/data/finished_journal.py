"""A finished journal: the events of a run that is over, indexed by type.

The charts and reports of a run ask some thirty times for all events of one type; without the index each question would
read the whole journal, which may hold 300,000 events.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NoReturn, cast

from market_sim.core.data.journal import E, Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event


class FinishedJournal(Journal):
    """A journal that accepts no further events."""

    def __init__(self, events: list[Event]) -> None:
        super().__init__()
        self._events = events
        self.record = self._refuse

    def of(self, kind: type[E], end: int | None = None) -> Iterator[E]:
        """All events of one type, in order; with `end` those before this number."""
        if end is not None:
            return super().of(kind, end)
        return iter(cast("list[E]", self._by_kind.get(kind, [])))

    @cached_property
    def _by_kind(self) -> dict[type[Event], list[Event]]:
        found: dict[type[Event], list[Event]] = {}
        for event in self._events:
            kind = type(event)
            if kind in found:
                found[kind].append(event)
            else:
                found[kind] = [event]
        return found

    def _refuse(self, event: Event) -> NoReturn:
        raise InvariantBroken(f"the run is over and its journal closed, yet this was recorded: {event!r}")
