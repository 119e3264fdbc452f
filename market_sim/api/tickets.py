"""Tickets: each opens one private stream, once and soon after its issue.

A WebSocket of a browser or of many libraries can send nothing but an address, and addresses end up in logs. So who
wants a private stream takes a ticket with its token, over REST, and writes the ticket into the address: when the log
is read, it is worth nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from market_sim.api.members import LONGEST_TOKEN, Member

LIFETIME_SECONDS: Final = 30.0


class Issued(NamedTuple):
    """A ticket as it is remembered: not the ticket itself."""

    digest: str
    member: Member
    until: float


class Tickets:
    """The tickets that have not been used; a member has one at most, so that their number is bounded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._issued: dict[str, Issued] = {}
        self._names: dict[str, str] = {}
        """Whose ticket it is, by its digest."""
        self._lock = threading.Lock()

    def issue(self, member: Member) -> str:
        """A new ticket for a member; the one before it is worth nothing from now on."""
        ticket = secrets.token_urlsafe(24)
        digest = _digest(ticket)
        with self._lock:
            self._forget(member.name)
            self._issued[member.name] = Issued(digest, member, self._clock() + LIFETIME_SECONDS)
            self._names[digest] = member.name
        return ticket

    def redeem(self, ticket: str) -> Member | None:
        """The member whose ticket this is; from now on it is nobody's."""
        if not 0 < len(ticket) <= LONGEST_TOKEN:
            return None
        with self._lock:
            name = self._names.get(_digest(ticket))
            issued = self._forget(name) if name is not None else None
        return issued.member if issued is not None and self._clock() < issued.until else None

    def _forget(self, name: str) -> Issued | None:
        issued = self._issued.pop(name, None)
        if issued is not None:
            del self._names[issued.digest]
        return issued


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
