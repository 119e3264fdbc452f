"""The identity of a run: 32 bytes in the domain of every certificate.

The keys of the validators come from the seed, and fresh chains give their first contracts equal addresses. So two runs
with one seed have equal keys, chain ids and contracts, and without a further mark a certificate of one is valid in the
other. The identity is a digest of all events before settlement opens: the seed, the scenario, its parameters, the
committee, the participants and their deposits. Equal runs have equal identities, and their fingerprints repeat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from market_sim.core.data.codec import encode
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import RunStarted

_PURPOSE: Final = b"market-sim/run/1\n"
_WITHOUT_EFFECT: Final = ("independent",)
"""Options that change how long a run takes and no batch: executing once for all gives the same certificates."""


def run_id(opening: Iterable[Event]) -> bytes:
    """The identity of the run that begins with these events.

    >>> from market_sim.core.models.market_events import Deposited
    >>> run_id([Deposited(0, "alice", "USD", 5)]) == run_id([Deposited(0, "alice", "USD", 6)])
    False
    """
    told = hashlib.sha256(_PURPOSE)
    for event in opening:
        if isinstance(event, RunStarted):
            options = {name: value for name, value in event.options.items() if name not in _WITHOUT_EFFECT}
            event = msgspec.structs.replace(event, options=options)
        told.update(encode(event) + b"\n")
    return told.digest()
