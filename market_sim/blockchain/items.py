"""Payload items: entries in order and without gaps, then contract calls in the order that the leader chooses.

A payload without calls consists of the records of its entries (market_sim/blockchain/payload.py). A payload with calls
begins with a header, whose first byte is a version of 128 or more and therefore no kind of record; a header without
calls is invalid. So each content has exactly one encoding, and later versions can add further kinds of items.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

import msgspec

from market_sim.blockchain.register import Register
from market_sim.core.errors import ProtocolViolation
from market_sim.core.models.settlement_events import CallSubmitted

VERSION: Final = 0x81
_HEADER: Final = Struct(">BIH")
"""Version, bytes of entries, number of calls."""
_CALL: Final = Struct(">QIIH")
"""Number of the call, account, contract, size of the encoded function and arguments."""
LARGEST_CALLS: Final = 500
"""The most calls in one block."""

Arguments = tuple[int | str, ...]


class Call(NamedTuple):
    """A contract call as the validators see it."""

    call: int
    account: int
    contract: int
    function: str
    arguments: Arguments


def encoded_call(event: CallSubmitted, register: Register) -> bytes:
    """The payload item of a submitted call."""
    said = msgspec.json.encode((event.function, event.arguments))
    return (
        _CALL.pack(event.call, register.accounts[event.account], register.contracts[event.contract], len(said)) + said
    )


def decoded_call(item: bytes) -> Call:
    """The call in a payload item."""
    number, account, contract, _ = _CALL.unpack_from(item)
    function, arguments = msgspec.json.decode(item[_CALL.size :], type=tuple[str, Arguments])
    return Call(number, account, contract, function, arguments)


def call_number(item: bytes) -> int:
    """The number of the call in a payload item."""
    number: int = _CALL.unpack_from(item)[0]
    return number


def packed(entries: bytes, calls: Sequence[bytes]) -> bytes:
    """A payload with these records and these call items.

    >>> packed(b"", []), entries_of(packed(b"", [bytes(18)])), len(calls_of(packed(b"", [bytes(18)])))
    (b'', b'', 1)
    """
    if not calls:
        return entries
    return _HEADER.pack(VERSION, len(entries), len(calls)) + entries + b"".join(calls)


def entries_of(payload: bytes) -> bytes:
    """The records of the entries in a payload."""
    if payload[:1] < b"\x80":
        return payload
    length = _header(payload)[0]
    return payload[_HEADER.size : _HEADER.size + length]


def calls_of(payload: bytes) -> list[bytes]:
    """The call items of a payload, in order; raises ProtocolViolation when the payload is malformed."""
    if payload[:1] < b"\x80":
        return []
    length, count = _header(payload)
    place, items = _HEADER.size + length, []
    for _ in range(count):
        if place + _CALL.size > len(payload):
            break
        end = place + _CALL.size + _CALL.unpack_from(payload, place)[3]
        items.append(payload[place:end])
        place = end
    if len(items) != count or place != len(payload) or not count:
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_CALL.size)
    return items


def _header(payload: bytes) -> tuple[int, int]:
    if len(payload) < _HEADER.size or payload[0] != VERSION:
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_HEADER.size)
    _, length, count = _HEADER.unpack_from(payload)
    if _HEADER.size + length > len(payload):
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_HEADER.size)
    return length, count


def payload_digest(payload: bytes) -> bytes:
    """The digest of a payload that a block header carries."""
    return hashlib.sha256(payload).digest()
