"""The members of a live market: who may do what, by a token that each is shown once.

    members = Members(Path("instance/members.sqlite"), market="spring", codes={"student": "", "instructor": "7K2M"})
    token = members.admit("ann", "student")
    members.find(token)                      # Member(name='ann', role='student')

A token has 256 random bits, so that its SHA-256 alone is stored: who reads the file learns no token. Members belong to
one market, and their names are unique in it, whatever their case.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args
from unicodedata import normalize

from market_sim.core.errors import InputError

Role = Literal["student", "instructor", "observer"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
LONGEST_NAME = 64
LONGEST_TOKEN = 200
PATIENCE_SECONDS = 60
"""How long a query waits for another one that writes."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS member (
    market TEXT NOT NULL, key TEXT NOT NULL, name TEXT NOT NULL, role TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
    PRIMARY KEY (market, key)
)
"""


class Member(NamedTuple):
    """Somebody who may use a live market."""

    name: str
    role: Role


class NotAdmitted(InputError):
    """Somebody may not become a member: a name that is taken, a wrong code, a role that nobody gets."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Members:
    """The table of members; each query has its own connection, so any thread may use it."""

    def __init__(self, file: Path, market: str = "", codes: Mapping[str, str] | None = None) -> None:
        """By role the code that admits to it; an empty one admits everybody, and a role without one nobody."""
        self._file, self._market = file, market
        self._codes = dict.fromkeys(ROLES, "") if codes is None else dict(codes)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with self._open() as table:
                table.execute("PRAGMA journal_mode=WAL")
                table.execute(SCHEMA)
        except (OSError, sqlite3.Error) as problem:
            raise InputError(f"the members are kept in {file}, which cannot be used: {problem}") from None

    def admit(self, name: str, role: Role, code: str = "") -> str:
        """Make somebody a member; returns the token, which is shown this once."""
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
            said = f"a name has 1 to {LONGEST_NAME} printable characters and no space around it, found {name[:80]!r}"
            raise NotAdmitted("BAD_NAME", said)
        if "/" in name:
            raise NotAdmitted("BAD_NAME", "a name has no slash, because it is part of an address")
        if role not in self._codes:
            roles = ", ".join(one for one in ROLES if one in self._codes)
            raise NotAdmitted("BAD_ROLE", f"a role here is one of {roles}, found {str(role)[:80]!r}")
        if not secrets.compare_digest(self._codes[role].encode(), code.encode("utf-8", "replace")):
            whom = "the instructor" if role == "instructor" else f"{role}s"
            raise NotAdmitted("WRONG_CODE", f"this is not the code for {whom}")
        return self.enrol(name, role)

    def enrol(self, name: str, role: Role) -> str:
        """Make somebody a member whom the program itself vouches for, without a code."""
        token = secrets.token_urlsafe(32)
        try:
            with self._open() as table:
                row = (self._market, _key(name), name, role, _digest(token))
                table.execute("INSERT INTO member VALUES (?, ?, ?, ?, ?)", row)
        except sqlite3.IntegrityError:
            raise NotAdmitted("NAME_TAKEN", f"there is already a member named {name!r}") from None
        return token

    def find(self, token: str) -> Member | None:
        """The member with this token."""
        if not 0 < len(token) <= LONGEST_TOKEN:
            return None
        with self._open() as table:
            found = table.execute(
                "SELECT name, role FROM member WHERE market = ? AND token = ?", (self._market, _digest(token))
            ).fetchone()
        return Member(*found) if found else None

    def remove(self, name: str) -> None:
        """End a membership: its token is worth nothing from now on."""
        with self._open() as table:
            table.execute("DELETE FROM member WHERE market = ? AND key = ?", (self._market, _key(name)))

    def everybody(self) -> list[Member]:
        """All members, by name."""
        with self._open() as table:
            rows = table.execute("SELECT name, role FROM member WHERE market = ? ORDER BY key", (self._market,))
            return [Member(*row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)) as table, table:
            yield table


def _key(name: str) -> str:
    return normalize("NFKC", name).casefold()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
