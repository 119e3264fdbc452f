"""The fingerprint of a run: one digest of its whole journal; two journals are equal exactly if their fingerprints are.

It is SHA-256 over the JSON lines of the events, each with its newline. So `gzip -dc journal.jsonl.gz | sha256sum`
prints the fingerprint of an archived run, and `simulate.py verify RUN` computes it again. The digest of an area covers
only the events of that area: a run has the same market digest with and without settlement.

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
"""The number of hexadecimal digits shown to people: enough to tell a few runs apart."""


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
    """The first digits of a fingerprint, for people to read."""
    return fingerprint[:SHOWN]
