"""Where the store of a live run is: a SQLite file in the run's folder, or a PostgreSQL server.

A store has one writer. In a folder that is whoever holds its lock file, on a server whoever holds the advisory lock of
the run; the system releases both when a program dies.
"""

from __future__ import annotations

import os
import sqlite3
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sql
from sqlalchemy.exc import ArgumentError

from market_sim.core.errors import InputError

FILE: Final = "live.sqlite"
LOCK: Final = "live.lock"
NOTE: Final = "live.json"
"""In the folder of a run whose store is on a server: which run of that server it is."""
DATABASE_URL: Final = "DATABASE_URL"
BUSY_SECONDS: Final = 5
DRIVER: Final = "postgresql+pg8000"


class Note(msgspec.Struct, frozen=True):
    """The run that a folder belongs to."""

    run: str


def asked_for(database: str | None) -> str:
    """The database that a person names, otherwise the one of the environment; empty for a file beside the run."""
    return database if database is not None else os.environ.get(DATABASE_URL, "")


def engine_of(database: str, folder: Path) -> sql.Engine:
    """The engine for a database, or for the file in the folder of the run."""
    if database:
        return sql.create_engine(address(database), pool_pre_ping=True)
    engine = sql.create_engine(sql.URL.create("sqlite", database=str(folder / FILE)))
    sql.event.listen(engine, "connect", _prepare)
    return engine


def address(database: str) -> sql.URL:
    """The address of a PostgreSQL server; a refusal does not repeat its password."""
    try:
        url = sql.make_url(database)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise InputError(
            "a database is a PostgreSQL address such as postgresql://USER@HOST/NAME, or nothing, which means a file "
            f"in the run's folder; found {'another kind of address' if url is None else url.drivername}"
        )
    if find_spec("pg8000") is None:
        raise InputError("PostgreSQL needs the package pg8000: pip install '.[postgres]' in the folder of this program")
    return url.set(drivername=DRIVER)


def _prepare(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


class FolderLock:
    """The right to write into the store of one folder, as long as this object holds it.

    It is SQLite's own lock on an empty database, because that works on every system and ends with the process.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode=MEMORY")
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            self._connection.close()
            raise InputError(f"{folder} is in use: another program writes this live run; end that one first") from None

    def release(self) -> None:
        """Let another program write."""
        self._connection.close()
