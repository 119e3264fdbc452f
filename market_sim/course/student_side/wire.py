"""The wire format between grader and student's process: lines of JSON, with tags for types that JSON does not have.

Only plain data can be sent, and it arrives as plain data, so an object with a forged `__eq__` cannot reach the grader.
Both sides use this module; it needs only the standard library.

>>> decode(encode((1, {2, 3}, b"ab")))
(1, {2, 3}, b'ab')
>>> encode(object())
Traceback (most recent call last):
    ...
TypeError: object is no plain data: use numbers, text, lists, tuples, sets and dictionaries
"""

from __future__ import annotations

import json
import math
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # the student's process starts once for each check, and has no use for them
    from collections.abc import Callable, Mapping
    from typing import Any

    Frozen = Mapping[str, Callable[..., Any]]
    """The frozen values of ours that can be sent: their constructors by name."""

LONGEST_LINE = 64 * 1024
"""The most bytes of one line; a longer one is an error."""
TAG = "$"
DEEPEST = 40
"""The deepest nesting of lists."""


def encode(value: Any, frozen: Frozen | None = None) -> Any:
    """A value as JSON data, with tags."""
    return _encoded(value, frozen or {}, 0)


def decode(value: Any, frozen: Frozen | None = None) -> Any:
    """The value in encoded JSON data."""
    return _decoded(value, frozen or {})


def line_of(message: dict[str, Any]) -> bytes:
    """A message as one line; ValueError when it is too long."""
    line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE:
        raise ValueError(f"{len(line)} bytes in one message, at most {LONGEST_LINE} may travel")
    return line


def message_in(line: bytes) -> dict[str, Any]:
    """The message in a line; ValueError when it is malformed."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"no JSON: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise ValueError("no JSON object")
    return message


def _encoded(value: Any, frozen: Frozen, depth: int) -> Any:
    if depth > DEEPEST:
        raise TypeError(f"the value has more than {DEEPEST} levels of lists in lists")
    if value is None or isinstance(value, bool):
        return value
    # A subclass of a plain type is converted to that type, so that it brings no methods along.
    if isinstance(value, int):
        return int.__index__(value)
    if isinstance(value, float):
        plain = float.__float__(value)
        return plain if math.isfinite(plain) else {TAG: "float", "of": repr(plain)}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes | bytearray):
        return {TAG: "bytes", "of": bytes(value).hex()}
    if isinstance(value, list):
        return [_encoded(one, frozen, depth + 1) for one in list.__iter__(value)]
    name = type(value).__name__
    if name in frozen and type(value) is frozen[name]:
        known = (getattr(type(value), each, None) for each in ("_fields", "__dataclass_fields__", "__struct_fields__"))
        fields = next(each for each in known if each is not None)
        return {TAG: name, "of": {field: _encoded(getattr(value, field), frozen, depth + 1) for field in fields}}
    if isinstance(value, tuple):
        return {TAG: "tuple", "of": [_encoded(one, frozen, depth + 1) for one in tuple.__iter__(value)]}
    if isinstance(value, set | frozenset):
        kind = "set" if isinstance(value, set) else "frozenset"
        return {TAG: kind, "of": sorted((_encoded(one, frozen, depth + 1) for one in value), key=json.dumps)}
    if isinstance(value, dict):
        pairs = [(_encoded(key, frozen, depth + 1), _encoded(one, frozen, depth + 1)) for key, one in value.items()]
        if all(isinstance(key, str) for key, _ in pairs) and TAG not in value:
            return dict(pairs)
        return {TAG: "dict", "of": [[key, one] for key, one in pairs]}
    raise TypeError(f"{name} is no plain data: use numbers, text, lists, tuples, sets and dictionaries")


def _decoded(value: Any, frozen: Frozen) -> Any:
    if isinstance(value, list):
        return [_decoded(one, frozen) for one in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {key: _decoded(one, frozen) for key, one in value.items()}
    kind: Any = value[TAG]
    of: Any = value.get("of")
    if kind == "bytes":
        return bytes.fromhex(of)
    if kind == "float" and of in ("nan", "inf", "-inf"):
        return float(of)
    if kind in ("tuple", "set", "frozenset") and isinstance(of, list):
        return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](_decoded(one, frozen) for one in of)
    if kind == "dict" and isinstance(of, list):
        return {_decoded(key, frozen): _decoded(one, frozen) for key, one in of}
    if kind in frozen and isinstance(of, dict):
        fields = {field: _decoded(one, frozen) for field, one in of.items()}
        # A default text must be the default itself, not only equal to it: a journal leaves out fields with defaults.
        return frozen[kind](**{field: sys.intern(one) if type(one) is str else one for field, one in fields.items()})
    raise ValueError(f"unknown tag {kind!r}")
