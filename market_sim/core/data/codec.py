"""The codec: encodes an event as one line of JSON and decodes it again.

The types of events are the classes of the modules named here; a new type needs only its class.

>>> from market_sim.core.models.market_events import Deposited
>>> line = encode(Deposited(0, "alice", "USD", 100_000))
>>> line
b'{"type":"Deposited","time":0,"account":"alice","asset":"USD","amount":100000}'
>>> decode(line)
Deposited(time=0, account='alice', asset='USD', amount=100000, trade=0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Union

import msgspec

from market_sim.core.models import (
    compliance_events,
    consensus_events,
    market_events,
    mechanism_events,
    run_events,
    settlement_events,
    surveillance_events,
    venue_events,
)
from market_sim.core.models.event import Event

EVENT_MODULES = (
    run_events,
    market_events,
    mechanism_events,
    compliance_events,
    surveillance_events,
    venue_events,
    consensus_events,
    settlement_events,
)
"""The modules that define the types of events, in the order of the stages of a run."""


def _kinds() -> tuple[type[Event], ...]:
    """Every type of event that a journal can hold; a class with subclasses is only their common base."""
    defined = [kind for module in EVENT_MODULES for kind in vars(module).values() if isinstance(kind, type)]
    return tuple(dict.fromkeys(kind for kind in defined if issubclass(kind, Event) and not type.__subclasses__(kind)))


EVENT_KINDS: tuple[type[Event], ...] = _kinds()

# Dictionaries are written in the order of their keys, so that equal events give equal bytes.
_encoder = msgspec.json.Encoder(order="deterministic")
encode: Callable[[Event], bytes] = _encoder.encode
encode_lines: Callable[[Sequence[Event]], bytes] = _encoder.encode_lines


def beginning(kind: type[Event]) -> bytes:
    """How the line of every event of this type begins."""
    return b'{"type":"%b",' % kind.__name__.encode()


# The union is built from a tuple at run time, which a type checker cannot follow.
_ANY_EVENT: Any = Union[EVENT_KINDS]  # noqa: UP007

_decoder = msgspec.json.Decoder(_ANY_EVENT)
decode: Callable[[bytes], Event] = _decoder.decode
decode_lines: Callable[[bytes], list[Event]] = _decoder.decode_lines
