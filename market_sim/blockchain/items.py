"""Payload items: entries in order and without gaps, then contract calls in the order that the leader chooses.

A payload without calls consists of the records of its entries (market_sim/blockchain/payload.py). A payload with calls
begins with a header, whose first byte is a version of 128 or more and therefore no kind of record; a header without
calls is invalid. Where validators enforce a fair order (market_sim/blockchain/fair_order.py), the header is that of the
next version, and the reports from which the order follows come after the calls. So each content has exactly one
encoding.
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
WITH_REPORTS: Final = 0x82
"""The version of a payload that carries reports."""
_HEADER: Final = Struct(">BIH")
"""Version, bytes of entries, number of calls."""
_REPORTS: Final = Struct(">H")
"""After the calls: the number of reports."""
_REPORT: Final = Struct(">HQHH")
"""Validator, first place, number of calls, size of the signature; the numbers of the calls and the signature follow."""
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


class Report(NamedTuple):
    """A signed part of the log of a validator: the calls that it has seen, in its order, from a place on."""

    validator: int
    first: int
    calls: tuple[int, ...]
    signature: bytes


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


def packed(entries: bytes, calls: Sequence[bytes], reports: Sequence[Report] = ()) -> bytes:
    """A payload with these records, these call items and these reports.

    >>> packed(b"", []), entries_of(packed(b"", [bytes(18)])), len(calls_of(packed(b"", [bytes(18)])))
    (b'', b'', 1)
    >>> report = Report(2, 1, (7, 9), b"signed")
    >>> reports_of(packed(b"", [], [report])) == [report]
    True
    """
    if not calls and not reports:
        return entries
    version = WITH_REPORTS if reports else VERSION
    head = _HEADER.pack(version, len(entries), len(calls)) + entries + b"".join(calls)
    return head + (_REPORTS.pack(len(reports)) + b"".join(map(_encoded_report, reports)) if reports else b"")


def entries_of(payload: bytes) -> bytes:
    """The records of the entries in a payload."""
    if payload[:1] < b"\x80":
        return payload
    length = _header(payload)[0]
    return payload[_HEADER.size : _HEADER.size + length]


def calls_of(payload: bytes) -> list[bytes]:
    """The call items of a payload, in order; raises ProtocolViolation when the payload is malformed."""
    return _parts(payload)[0]


def reports_of(payload: bytes) -> list[Report]:
    """The reports in a payload, in order; raises ProtocolViolation when the payload is malformed."""
    return _parts(payload)[1]


def _parts(payload: bytes) -> tuple[list[bytes], list[Report]]:
    if payload[:1] < b"\x80":
        return [], []
    length, count = _header(payload)
    place, items, reports = _HEADER.size + length, list[bytes](), list[Report]()
    for _ in range(count):
        if place + _CALL.size > len(payload):
            break
        end = place + _CALL.size + _CALL.unpack_from(payload, place)[3]
        items.append(payload[place:end])
        place = end
    is_whole = len(items) == count
    if is_whole and payload[0] == WITH_REPORTS:
        place, reports = _reports_from(payload, place)
    if not is_whole or place != len(payload) or not (count or reports):
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_CALL.size)
    return items, reports


def _reports_from(payload: bytes, place: int) -> tuple[int, list[Report]]:
    """The reports that begin at a place, and where they end: beyond the payload when they are malformed."""
    beyond, reports = len(payload) + 1, list[Report]()
    if place + _REPORTS.size > len(payload):
        return beyond, []
    count: int = _REPORTS.unpack_from(payload, place)[0]
    place += _REPORTS.size
    for _ in range(count):
        if place + _REPORT.size > len(payload):
            return beyond, []
        validator, first, calls, size = _REPORT.unpack_from(payload, place)
        place += _REPORT.size
        numbers, end = payload[place : place + 8 * calls], place + 8 * calls + size
        if end > len(payload):
            return beyond, []
        called = tuple(int.from_bytes(numbers[at : at + 8], "big") for at in range(0, len(numbers), 8))
        reports.append(Report(validator, first, called, payload[end - size : end]))
        place = end
    return (place if count else beyond), reports


def _encoded_report(report: Report) -> bytes:
    head = _REPORT.pack(report.validator, report.first, len(report.calls), len(report.signature))
    return head + b"".join(call.to_bytes(8, "big") for call in report.calls) + report.signature


def _header(payload: bytes) -> tuple[int, int]:
    if len(payload) < _HEADER.size or payload[0] not in (VERSION, WITH_REPORTS):
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_HEADER.size)
    _, length, count = _HEADER.unpack_from(payload)
    if _HEADER.size + length > len(payload):
        raise ProtocolViolation("PAYLOAD_MALFORMED", size=len(payload), record=_HEADER.size)
    return length, count


def payload_digest(payload: bytes) -> bytes:
    """The digest of a payload that a block header carries."""
    return hashlib.sha256(payload).digest()
