"""The state of an exchange as one text: two exchanges with equal texts answer every further order alike."""

from __future__ import annotations

import hashlib
from collections import deque

from market_sim.market.exchange.exchange import Exchange

OUTSIDE = ("clock", "journal", "intent")
"""What the exchange refers to and does not own, or what never changes."""


def described(value: object, seen: dict[int, int]) -> object:
    """Everything that an object holds, field by field; what was described before is only named by its number."""
    if value is None or isinstance(value, int | str | float | bytes):
        return value
    if id(value) in seen:
        return f"object {seen[id(value)]}"
    seen[id(value)] = len(seen)
    if isinstance(value, dict):
        return [(described(key, seen), described(each, seen)) for key, each in value.items()]
    if isinstance(value, list | tuple | deque):
        return [described(each, seen) for each in value]
    names = getattr(value, "__struct_fields__", None) or getattr(value, "__slots__", None) or vars(value)
    fields = [(name, getattr(value, name)) for name in sorted(names) if name not in OUTSIDE]
    return type(value).__name__, [(name, described(each, seen)) for name, each in fields if not callable(each)]


def state_hash(exchange: Exchange) -> str:
    """The digest of all that the exchange knows, in the order in which it keeps it; its journal is left out."""
    return hashlib.sha256(repr(described(exchange, {})).encode("utf-8", "backslashreplace")).hexdigest()
