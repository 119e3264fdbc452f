"""Opening a live market for everybody who serves one: it is stored while it goes, and at its end like any run.

Its inputs are in the store before they take effect (market_sim/api/store/); after each epoch the store gets the events,
and the folder of the run too, as with every run. What lies in both leaves the memory, and is read again from the
folder, before the end and after it.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from market_sim.api.live.market import LiveMarket
from market_sim.api.store.live_store import LiveStore, discard
from market_sim.api.store.restoring import Restored
from market_sim.core.data.journal import Journal
from market_sim.core.data.run_writer import RunWriter
from market_sim.core.data.spilled_journal import SpilledJournal
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.run_events import RunStarted
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session

KEPT_EVENTS: Final = 50_000
"""The number of events that stay in memory: what readers of a live market ask for most."""

LOG = logging.getLogger(__name__)


class OpenMarket:
    """A live market, its store and its folder."""

    def __init__(
        self,
        scenario: Scenario,
        options: Options,
        speed: float | None,
        results: Path,
        database: str = "",
        past: Restored | None = None,
        kept: int = KEPT_EVENTS,
        check: Callable[[Journal], object] = len,
    ) -> None:
        """`database` is the address of a server, or empty for a file in the run's folder; `past` is what went before.

        A `check` of the journal at the opening may raise InputError; then nothing is written.
        The market begins with `start`; until then the store is open.
        """
        session = Session(scenario, options, SpilledJournal()) if past is None else past.session
        self._journal = session.journal
        check(self._journal)
        self._kept = kept
        self._writer = RunWriter(results)
        self._writer.epoch(self._journal, session.epoch)
        try:
            self._store = LiveStore(self._writer.folder, database, _start(self._journal))
        except InputError:
            with self._writer:
                shutil.rmtree(self._writer.folder)  # a run that has not begun leaves nothing behind
            raise
        if past is not None:
            self._store.keep(past.inputs)
        self._store.append(self._journal.since(0))
        session.intake.keep = self._store.keep
        self.market = LiveMarket(session, speed, self._epoch)
        self.is_closed = False
        """Whether the market has ended and its run is in the folder."""

    @property
    def folder(self) -> Path:
        """The present folder of the run."""
        return self._writer.folder

    def start(self) -> None:
        """Let the market begin."""
        self.market.start()

    def close(self) -> Path:
        """End the market in order, and store what is not stored yet; returns the folder of the run."""
        result = self.market.end()
        try:
            self._store.append(self._journal.since(self._store.events))
            with self._writer as writer:
                writer.finish(result.journal, result.conclusion)
        finally:
            self._store.close()
        discard(self._writer.folder)
        self.is_closed = True
        return self._writer.folder

    def _epoch(self, journal: Journal, epoch: int) -> None:
        """Store what is new. A full disk ends nothing: the events stay in memory until there is room."""
        refused = [
            self._tried(lambda: self._store.append(journal.since(self._store.events))),
            self._tried(lambda: self._writer.epoch(journal, epoch)),
        ]
        found = next(filter(None, refused), "")
        if found and not self.market.not_stored:
            LOG.warning("%s", found)
        self.market.not_stored = found
        if isinstance(journal, SpilledJournal):
            journal.release(max(0, min(self._store.events, self._writer.events) - self._kept), self._writer.read)

    def _tried(self, store: Callable[[], object]) -> str:
        try:
            store()
        except InputError as refused:
            return str(refused)
        return ""


def _start(journal: Journal) -> RunStarted:
    start = journal[0]
    if not isinstance(start, RunStarted):
        raise InvariantBroken(f"the first event of a run is RunStarted, found {start!r}")
    return start
