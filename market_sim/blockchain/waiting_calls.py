"""The waiting calls: what everybody can read of the calls that were submitted and are in no final block yet."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.data.journal import Journal
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted


class WaitingCalls:
    """A reader of the journal. With sealed calls nobody can read what they say until they are executed."""

    def __init__(self, journal: Journal, sealed: bool = False) -> None:
        self._journal = journal
        self._sealed = sealed
        self._read = 0
        self._waiting: dict[int, CallSubmitted] = {}

    @property
    def readable(self) -> Sequence[CallSubmitted]:
        """The waiting calls whose content can be read, in the order of their arrival."""
        if self._sealed:
            return ()
        for event in self._journal.since(self._read):
            if isinstance(event, CallSubmitted):
                self._waiting[event.call] = event
            elif isinstance(event, CallExecuted):
                self._waiting.pop(event.call, None)
        self._read = len(self._journal)
        return tuple(self._waiting.values())
