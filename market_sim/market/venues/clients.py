"""Clients of venues: one for each, which is opened once and answers from its cache for five minutes.

A participant that compares prices often asks each venue once and keeps the answer for a while. That spares the venue,
and the answer is as old as it is: nobody trades at a price of five minutes ago (rulebook F-1.7).

>>> clients = Clients(lambda venue, now: f"{venue} at {now}", keep_ns=300)
>>> [clients.ask("SIM-A", now) for now in (0, 300, 301)]                     # doctest: +NORMALIZE_WHITESPACE
[Answer(value='SIM-A at 0', asked=0, is_hit=False), Answer(value='SIM-A at 0', asked=0, is_hit=True),
 Answer(value='SIM-A at 301', asked=301, is_hit=False)]
>>> clients.of["SIM-A"].hits, clients.of["SIM-A"].misses, clients.connections["SIM-A"]
(1, 2, 1)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from market_sim.core.errors import InputError
from market_sim.core.units import SECOND

KEEP_NS: Final = 300 * SECOND
"""How long an answer is used again."""
Told = TypeVar("Told")


class Answer(NamedTuple, Generic[Told]):
    """What a venue said, when it was asked, and whether the cache answered in its place."""

    value: Told
    asked: int
    is_hit: bool


@dataclass
class Client(Generic[Told]):
    """The client of one venue: its last answer, and how often that was enough."""

    hits: int = 0
    misses: int = 0
    last: Answer[Told] | None = None


class Clients(Generic[Told]):
    """One client for each venue that was asked, on one connection each."""

    def __init__(self, fetch: Callable[[str, int], Told], keep_ns: int = KEEP_NS) -> None:
        if keep_ns < 0:
            raise InputError(f"an answer is kept for 0 seconds or longer, found {keep_ns / SECOND:g}")
        self._fetch, self._keep_ns = fetch, keep_ns
        self.of: dict[str, Client[Told]] = {}
        """The clients by venue, in the order of their first questions."""
        self.connections: Counter[str] = Counter()
        """How many clients were opened for each venue."""

    def ask(self, venue: str, now: int) -> Answer[Told]:
        """The answer of a venue: the last one while it is young enough, otherwise a new one."""
        client = self.of.get(venue)
        if client is None:
            client = self.of[venue] = Client()
            self.connections[venue] += 1
        last = client.last
        if last is not None and 0 <= now - last.asked <= self._keep_ns:
            client.hits += 1
            return last._replace(is_hit=True)
        client.misses += 1
        client.last = answer = Answer(self._fetch(venue, now), now, is_hit=False)
        return answer
