"""The codec: an event as one line of JSON, and the line as the event again.

The kinds of events are those of the modules named here; an event of a new kind needs nothing but its class.

>>> from market_sim.core.models.market_events import Deposited
>>> line = encode(Deposited(0, "alice", "USD", 100_000))
>>> line
b'{"type":"Deposited","time":0,"account":"alice","asset":"USD","amount":100000}'
>>> decode(line)
Deposited(time=0, account='alice', asset='USD', amount=100000, trade=0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

import msgspec

from market_sim.core.models import consensus_events, market_events, mechanism_events, run_events, settlement_events
from market_sim.core.models.event import Event

EVENT_MODULES = (run_events, market_events, mechanism_events, consensus_events, settlement_events)
"""Where the kinds of events are defined, in the order in which the road passes them."""


def _kinds() -> tuple[type[Event], ...]:
    """Every class of event that can stand in a journal; a class with subclasses only says what they share."""
    defined = [kind for module in EVENT_MODULES for kind in vars(module).values() if isinstance(kind, type)]
    return tuple(dict.fromkeys(kind for kind in defined if issubclass(kind, Event) and not type.__subclasses__(kind)))


EVENT_KINDS: tuple[type[Event], ...] = _kinds()

# Dictionaries are written in the order of their keys, so that equal events are equal bytes.
encode: Callable[[Event], bytes] = msgspec.json.Encoder(order="deterministic").encode

# The union is made of a list, which a type checker cannot follow.
_ANY_EVENT: Any = Union[EVENT_KINDS]  # noqa: UP007

_decoder = msgspec.json.Decoder(_ANY_EVENT)
decode: Callable[[bytes], Event] = _decoder.decode
decode_lines: Callable[[bytes], list[Event]] = _decoder.decode_lines
