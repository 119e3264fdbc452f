"""A live run as its store has it: read after a crash, or while it is written.

What is read is what was written: every row is checked against the link of the row before it. The first that is
damaged, missing or exchanged ends the reading with a sentence that names it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from market_sim.api.store.live_store import REFUSALS, reason_of
from market_sim.api.store.places import DATABASE_URL, FILE, NOTE, Note, engine_of
from market_sim.api.store.tables import FORMAT, events, first_link, inputs, linked, pages, runs
from market_sim.core.data.codec import decode
from market_sim.core.data.manifest import MANIFEST, UNREADABLE
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import InputReceived, RunStarted

PAGE: Final = 2_000
"""The number of rows read at once."""
ONE: Final = {inputs.name: "input", events.name: "event"}


class Damaged(InputError):
    """The store is not what was written: the sentence names the first row that differs."""


def is_stored(folder: Path) -> bool:
    """Whether a folder holds a live run, or says which run of a server it belongs to."""
    return (folder / FILE).exists() or (folder / NOTE).exists()


class StoredRun:
    """One live run in its store."""

    def __init__(self, folder: Path, database: str) -> None:
        """Open the store of this folder; InputError if there is none, or if it cannot be read."""
        in_file = (folder / FILE).exists()
        if not is_stored(folder) and (folder / MANIFEST).exists():
            raise InputError(f"{folder} is no live run: `resume` goes on with it if its program was killed")
        if not in_file and not database:
            raise InputError(
                f"{folder} holds no {FILE}; a run that is stored on a server needs its address: --database or "
                f"{DATABASE_URL}"
            )
        self.place = str(folder / FILE) if in_file else f"the database of {folder}"
        self._engine = engine_of("" if in_file else database, folder)
        try:
            row = self._only_run() if in_file else self._run_of(_noted(folder))
        except REFUSALS as refused:
            self.close()
            raise Damaged(f"{self.place} cannot be read: {reason_of(refused)}") from refused
        except InputError:
            self.close()
            raise
        self.run: str = row.run
        self.version: str = row.version
        self.start = _start(row.line)

    def inputs(self) -> Iterator[InputReceived]:
        """The inputs in the order in which they were taken; Damaged at the first that is not what was written."""
        for event in self._checked(inputs):
            if type(event) is not InputReceived:
                raise Damaged(f"{self.place} has a {type(event).__name__} among the inputs")
            yield event

    def events(self) -> Iterator[Event]:
        """The events so far; Damaged at the first that is not what was written."""
        return self._checked(events)

    def close(self) -> None:
        """Let go of the store."""
        self._engine.dispose()

    # ---- inside -------------------------------------------------------------------------------------------------

    def _only_run(self) -> Any:
        with self._engine.connect() as connection:
            rows = connection.execute(sql.select(runs).limit(2)).all()
        if len(rows) != 1:
            raise Damaged(f"{self.place} holds {'no run' if not rows else 'several runs'}, expected one")
        return self._known(rows[0])

    def _run_of(self, run: str) -> Any:
        with self._engine.connect() as connection:
            row = connection.execute(sql.select(runs).where(runs.c.run == run)).first()
        if row is None:
            raise InputError(f"the database has no live run {run!r}")
        return self._known(row)

    def _known(self, row: Any) -> Any:
        if row.format != FORMAT:
            raise InputError(
                f"{self.place} has format {row.format!r}, written by version {row.version}; this program reads format "
                f"{FORMAT}"
            )
        if linked(row.run, row.line) != row.link:
            raise Damaged(f"{self.place} is damaged: the run's first row is not what was written")
        return row

    def _checked(self, table: sql.Table) -> Iterator[Event]:
        word, number, link = ONE[table.name], 0, first_link(table, self.run)
        try:
            for row in pages(self._engine, table, self.run, PAGE):
                if row.number != number:
                    raise Damaged(f"{self.place}, {word} {number} is missing: the next one is {row.number}")
                link = linked(link, row.line)
                if link != row.link:
                    raise Damaged(f"{self.place}, {word} {number} is damaged: it is not what was written")
                yield decode(row.line.encode())
                number += 1
        except UNREADABLE as error:
            raise Damaged(f"{self.place}, {word} {number} cannot be read by this program: {error}") from error
        except SQLAlchemyError as refused:
            raise Damaged(f"{self.place} cannot be read from {word} {number} on: {reason_of(refused)}") from refused


def _noted(folder: Path) -> str:
    """The run of a folder whose store is on a server; without such a folder its name is the run."""
    path = folder / NOTE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Note).run
    except FileNotFoundError:
        return folder.name
    except UNREADABLE as error:
        raise Damaged(f"{path} is damaged: {error}") from error


def _start(line: str) -> RunStarted:
    start = decode(line.encode())
    if type(start) is not RunStarted:
        raise Damaged(f"the first event of a run is RunStarted, found {type(start).__name__}")
    return start
