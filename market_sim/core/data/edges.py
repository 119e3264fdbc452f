"""The two ends of a stored journal: enough to say what was run and how far it came, without reading it whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from market_sim.core.data.codec import decode
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event

MOST_FIRST = 20_000
"""Lines that are read at most: a market of thousands of accounts is set up by as many events at time 0."""
LAST_BYTES = 64 * 1024
"""Read from the end at first; more only when no epoch begins there."""
EPOCH_MARK = b'"type":"EpochStarted"'


def edges(journal: Path) -> tuple[list[Event], list[Event]]:
    """The events before any time has passed; the last start of an epoch that is near the end, and the last event."""
    try:
        with open(journal, "rb") as file:
            first = []
            for number, line in enumerate(file, start=1):
                event = _event(line, number)
                if event.time > 0 or number > MOST_FIRST:
                    break
                first.append(event)
            tail = _tail(file)
    except OSError as refused:
        raise InputError(f"its journal cannot be read: {refused.strerror}") from refused
    if tail and not tail.endswith(b"\n"):
        raise InputError("its journal ends in the middle of a line")
    lines = tail.splitlines()
    starts = [line for line in lines if EPOCH_MARK in line]
    return first, [_event(line, 0) for line in (*starts[-1:], *lines[-1:])]


def _tail(file: BinaryIO) -> bytes:
    """The end of the file, from a place before the last start of an epoch."""
    size = file.seek(0, os.SEEK_END)
    length = LAST_BYTES
    while True:
        file.seek(max(0, size - length))
        tail = file.read()
        if EPOCH_MARK in tail or length >= size:
            return tail
        length *= 4


def _event(line: bytes, number: int) -> Event:
    try:
        return decode(line)
    except msgspec.DecodeError as error:
        where = f"line {number}" if number else "its last line"
        raise InputError(f"{where} of its journal is damaged: {error}") from None
