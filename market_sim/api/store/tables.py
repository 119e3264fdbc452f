"""The tables of a store: runs, their inputs and their events, the same in SQLite and PostgreSQL.

Each input and each event is one row: its number, its line as in the journal's file, and a link. A link is the digest
of the link before it and of the line, so a changed, missing, added or exchanged row is found, and which one it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sql

from market_sim.core.data.codec import encode
from market_sim.core.models.event import Event

FORMAT: Final = 1
"""The version of these tables, increased when an older program cannot read them."""
LINK_DIGITS: Final = 32

metadata = sql.MetaData()

runs = sql.Table(
    "runs",
    metadata,
    sql.Column("run", sql.String(32), primary_key=True),
    sql.Column("format", sql.Integer, nullable=False),
    sql.Column("version", sql.Text, nullable=False),
    sql.Column("line", sql.Text, nullable=False),
    sql.Column("link", sql.String(LINK_DIGITS), nullable=False),
)


def _rows(name: str) -> sql.Table:
    return sql.Table(
        name,
        metadata,
        sql.Column("run", sql.String(32), primary_key=True),
        sql.Column("number", sql.BigInteger, primary_key=True, autoincrement=False),
        sql.Column("line", sql.Text, nullable=False),
        sql.Column("link", sql.String(LINK_DIGITS), nullable=False),
        sqlite_with_rowid=False,
    )


inputs = _rows("inputs")
events = _rows("events")


def first_link(table: sql.Table, run: str) -> str:
    """The link before the first row of a run."""
    return linked(f"{table.name} of {run}", "")


def linked(before: str, line: str) -> str:
    """The link of a row, from the link before it."""
    return hashlib.sha256(f"{before}\n{line}".encode()).hexdigest()[:LINK_DIGITS]


def rows_of(run: str, first: int, link: str, happened: Sequence[Event]) -> list[dict[str, Any]]:
    """The rows of events that follow each other, from this number and link on."""
    rows = []
    for number, event in enumerate(happened, start=first):
        line = encode(event).decode()
        link = linked(link, line)
        rows.append({"run": run, "number": number, "line": line, "link": link})
    return rows


def pages(engine: sql.Engine, table: sql.Table, run: str, size: int) -> Iterator[Any]:
    """All rows of a run, read a page at a time: no reader holds the store for long."""
    first = 0
    while True:
        question = sql.select(table.c.number, table.c.line, table.c.link).where(
            table.c.run == run, table.c.number >= first
        )
        with engine.connect() as connection:
            page = connection.execute(question.order_by(table.c.number).limit(size)).all()
        yield from page
        if len(page) < size:
            return
        first = page[-1].number + 1
