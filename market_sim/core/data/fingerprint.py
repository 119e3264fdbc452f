"""The fingerprint of a run: one number for all that happened, equal exactly when two journals are equal.

It is SHA-256 over the JSON lines of the events, each with its newline; so the fingerprint of an archived run is what
`gzip -dc journal.jsonl.gz | sha256sum` prints, and what `simulate.py verify RUN` computes again. The digest of an area
covers the events of that area only: a run whose trades were never settled has the same market digest as the one whose
trades were.

>>> from market_sim.core.models.market_events import Deposited
>>> first = [Deposited(0, "alice", "USD", 100_000)]
>>> shortened(fingerprint(first))
'7d9c75343655'
>>> fingerprint(first) == digest(first, "market"), fingerprint([]) == digest(first, "consensus")
(True, True)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import get_args

from market_sim.core.data.codec import encode
from market_sim.core.models.event import Area, Event

AREAS: tuple[Area, ...] = get_args(Area)
SHOWN = 12
"""So many hexadecimal digits are shown to people, who compare a few runs and not a few billion."""


def fingerprint(events: Iterable[Event]) -> str:
    """The digest of all events in their order, as 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for event in events:
        sha.update(encode(event))
        sha.update(b"\n")
    return sha.hexdigest()


def digest(events: Iterable[Event], area: Area) -> str:
    """The digest of the events of one area, in their order."""
    return fingerprint(event for event in events if event.area == area)


def shortened(fingerprint: str) -> str:
    """A fingerprint as people read it."""
    return fingerprint[:SHOWN]
