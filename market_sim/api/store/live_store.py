"""The store of a live run while it is written: inputs before they take effect, events after they happened.

Inputs are on the disk when `keep` returns: those that wait together share one transaction and one wait for the disk.
Events follow in batches without a wait, since a run can be computed again from its inputs. What the database refuses
has not happened: the transaction is undone, the sender is told so, and the next one is tried as if nothing had been.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from market_sim.api.store.places import FILE, LOCK, NOTE, FolderLock, Note, engine_of
from market_sim.api.store.tables import (
    FORMAT,
    events,
    first_link,
    inputs,
    linked,
    metadata,
    rows_of,
    runs,
)
from market_sim.core.data.codec import encode
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import InputReceived, RunStarted
from market_sim.core.version import VERSION

REFUSALS: Final = (SQLAlchemyError, OSError)
LOCK_TRIES: Final = 100
LOCK_PAUSE_SECONDS: Final = 0.05


class NotKept(InputError):
    """The store could not be written, so the input was not taken."""


class LiveStore:
    """The only writer of the store of one live run."""

    def __init__(self, folder: Path, database: str, start: RunStarted) -> None:
        """Begin the store of a new run. `database` is the address of a server, or empty for a file in the folder."""
        self._folder = folder
        self.run = secrets.token_hex(8)
        self.inputs = 0
        """The number of inputs in the store."""
        self.events = 0
        """The number of events in the store."""
        self._links = {table.name: first_link(table, self.run) for table in (inputs, events)}
        self._connection: sql.Connection | None = None
        self._is_doubtful = False
        self._lock = FolderLock(folder)
        self._engine = engine_of(database, folder)
        try:
            if any((folder / name).exists() for name in (FILE, NOTE)):
                raise InputError(f"{folder} holds a live run already: simulate.py restore {folder} goes on with that")
            self._engine = engine_of(database, folder)
            self._begin(start, database)
        except BaseException:
            self._lock.release()
            raise

    def _begin(self, start: RunStarted, database: str) -> None:
        line = encode(start).decode()
        row = {"run": self.run, "format": FORMAT, "version": VERSION, "line": line, "link": linked(self.run, line)}
        try:
            if database:
                (self._folder / NOTE).write_bytes(msgspec.json.encode(Note(self.run)))
            metadata.create_all(self._engine)
            with self._transaction(lasting=True) as connection:
                connection.execute(sql.insert(runs), row)
        except REFUSALS as refused:
            self._disconnect()
            self._engine.dispose()
            raise InputError(f"the live run cannot be stored: {reason_of(refused)}") from refused

    # ---- writing ------------------------------------------------------------------------------------------------

    def keep(self, received: Sequence[InputReceived]) -> None:
        """Write inputs to the disk, all or none; NotKept if that is impossible."""
        rows = rows_of(self.run, self.inputs, self._links["inputs"], received)
        try:
            with self._transaction(lasting=True) as connection:
                self._insert(connection, inputs, rows)
        except REFUSALS as refused:
            self._disconnect()
            raise NotKept(
                f"the input was not taken and nothing has changed: the run's store cannot be written "
                f"({reason_of(refused)}); try again later"
            ) from refused
        self.inputs += len(rows)
        self._written(inputs, rows)

    def append(self, happened: Sequence[Event]) -> None:
        """Add the next events, without a wait for the disk; NotKept if that is impossible."""
        rows = rows_of(self.run, self.events, self._links["events"], happened)
        try:
            with self._transaction(lasting=False) as connection:
                self._insert(connection, events, rows)
        except REFUSALS as refused:
            self._disconnect()
            raise NotKept(f"the run's store cannot be written: {reason_of(refused)}") from refused
        self.events += len(rows)
        self._written(events, rows)

    def close(self) -> None:
        """Let go of the store; it stays as it is."""
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()
        self._lock.release()

    # ---- inside -------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, lasting: bool) -> Iterator[sql.Connection]:
        """One transaction; a lasting one has reached the disk at its end."""
        connection = self._connection or self._connect()
        is_file = connection.dialect.name == "sqlite"
        with connection.begin():
            if is_file:
                # Outside a transaction for SQLite, whose own one begins with the first change.
                connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if lasting else 'NORMAL'}")
            elif not lasting:
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
            yield connection

    def _connect(self) -> sql.Connection:
        connection = self._engine.connect()
        if connection.dialect.name == "postgresql":
            taken = self._takes_the_lock(connection)
            connection.exec_driver_sql("SET synchronous_commit TO ON")
            connection.commit()
            if not taken:
                connection.close()
                raise InputError(f"the live run {self.run} is in use: another program writes it; end that one first")
        self._connection = connection
        return connection

    def _takes_the_lock(self, connection: sql.Connection) -> bool:
        """Take the lock of the run; a connection that was lost holds it until the server has ended its session."""
        for _ in range(LOCK_TRIES):
            if connection.scalar(sql.select(sql.func.pg_try_advisory_lock(_number_of(self.run)))):
                return True
            time.sleep(LOCK_PAUSE_SECONDS)
        return False

    def _disconnect(self) -> None:
        """Give up the connection after a refusal: a lost one holds no lock, and the next write makes a new one."""
        if self._connection is not None:
            self._is_doubtful = True
            with suppress(*REFUSALS):
                self._connection.invalidate()
                self._connection.close()
            self._connection = None

    def _insert(self, connection: sql.Connection, table: sql.Table, rows: list[dict[str, Any]]) -> None:
        if self._is_doubtful:
            # A server that was lost while it committed may have kept what was then refused.
            for one, count in ((inputs, self.inputs), (events, self.events)):
                connection.execute(sql.delete(one).where(one.c.run == self.run, one.c.number >= count))
        if rows:
            connection.execute(sql.insert(table), rows)

    def _written(self, table: sql.Table, rows: list[dict[str, Any]]) -> None:
        self._is_doubtful = False
        if rows:
            self._links[table.name] = rows[-1]["link"]


def discard(folder: Path) -> None:
    """Remove the store's files from the folder of a run that is archived: the archive holds all of it."""
    for name in (FILE, f"{FILE}-wal", f"{FILE}-shm", NOTE, LOCK):
        (folder / name).unlink(missing_ok=True)


def reason_of(refused: Exception) -> str:
    """What the database or the system said, in one line."""
    said = getattr(refused, "orig", None) or refused
    said = said.__cause__ or said  # a driver may only say that it could not communicate
    text = getattr(said, "strerror", None) or str(said)
    return str(text).splitlines()[0] if text else type(said).__name__


def _number_of(run: str) -> int:
    """The key of the run's lock on a server: a signed number of 64 bits."""
    return int.from_bytes(bytes.fromhex(run), "big", signed=True)
