"""The notebook: the learner's name and the last verdict on each answer, in one SQLite file of the site.

The progress in lessons is stored beside the answers instead, where the command line uses it, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from market_sim.core.errors import InputError
from market_sim.course.verdict import Verdict, read, written

SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS verdict (lesson TEXT PRIMARY KEY, content TEXT NOT NULL);
"""
PATIENCE_SECONDS = 60
"""How long a query waits for another one that writes."""


class Notebook:
    """The database file; each query has its own connection, so any thread may use it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as book:
                book.execute("PRAGMA journal_mode=WAL")
                book.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as problem:
            raise InputError(f"the site keeps its notes in {file}, which cannot be used: {problem}") from None

    @property
    def name(self) -> str:
        """The name of the learner."""
        with self._open() as book:
            row = book.execute("SELECT value FROM setting WHERE name = 'learner'").fetchone()
        return row[0] if row else ""

    @name.setter
    def name(self, name: str) -> None:
        with self._open() as book:
            book.execute("INSERT OR REPLACE INTO setting VALUES ('learner', ?)", (name,))

    def verdict(self, lesson: str) -> Verdict | None:
        """The last verdict on the answer to this lesson."""
        with self._open() as book:
            row = book.execute("SELECT content FROM verdict WHERE lesson = ?", (lesson,)).fetchone()
        return read(row[0]) if row else None

    def keep(self, lesson: str, verdict: Verdict) -> None:
        """Store a verdict in place of the one before."""
        with self._open() as book:
            book.execute("INSERT OR REPLACE INTO verdict VALUES (?, ?)", (lesson, written(verdict)))

    def forget(self, lesson: str) -> None:
        """Delete the verdict on this lesson."""
        with self._open() as book:
            book.execute("DELETE FROM verdict WHERE lesson = ?", (lesson,))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)) as book, book:
            yield book
