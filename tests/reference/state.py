"""The state of an exchange as one text: two exchanges with equal texts answer every further order alike."""

from __future__ import annotations

import hashlib

from market_sim.market.exchange.exchange import Exchange


def described(value: object, within: frozenset[int] = frozenset()) -> object:
    """Everything that an object holds, field by field; what is already being described is only named."""
    if isinstance(value, int | str | float | bytes | type(None)):
        return value
    if id(value) in within:
        return type(value).__name__
    inner = within | {id(value)}
    if isinstance(value, dict):
        return [(described(key, inner), described(each, inner)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [described(each, inner) for each in value]
    names = getattr(value, "__struct_fields__", None) or getattr(value, "__slots__", None) or vars(value)
    return type(value).__name__, [
        (name, described(getattr(value, name), inner))
        for name in sorted(names)
        if name not in ("clock", "_record", "intent") and not callable(getattr(value, name))
    ]


def state_hash(exchange: Exchange) -> str:
    """The digest of all that the exchange knows, in the order in which it keeps it; its journal is left out."""
    return hashlib.sha256(repr(described(exchange)).encode("utf-8", "backslashreplace")).hexdigest()
