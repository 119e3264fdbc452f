"""What goes through the pipes between the market's process and the stream's, and how it is written.

One pipe carries the journal, batch by batch. The other one carries questions of the stream and their answers: older
events that the stream no longer holds, whose ticket it was shown, that member's reports, and what it has counted.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """The next events of the journal."""

    first: int
    """The number of the first one."""
    lines: list[bytes]
    """The events, as JSON."""
    now: int
    """A simulated time before which nothing further happens."""
    is_current: bool
    """Whether the journal held no further event when the batch was made."""
    is_last: bool
    """Whether the market is over, and this is all."""


class Older(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Asks for the events from this number on; the answer is a list of lines."""

    first: int
    beyond: int
    """The number before which the answer ends at the latest."""


class Redeem(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Asks whose ticket this is; the answer is a name and a role, or nothing."""

    ticket: str


class Mail(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Asks for the new reports of accounts, each after a number; the answer is a list of lines for each."""

    wanted: list[tuple[str, int]]


class Counted(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Tells what the stream has counted so far; the answer is empty."""

    clients: int = 0
    """Connected now."""
    connected: int = 0
    """Connected since the beginning."""
    sent: int = 0
    """Messages."""
    dropped: int = 0
    """Tickers that a client never got, because it did not read in time."""
    resumable: int = 0
    """Clients of the journal that were closed with 1013, because they did not read in time."""
    blocked: int = 0
    """Clients that were closed because they had not read for too long."""
    refused: int = 0
    """Connections that were refused: for their origin, their address or their number."""


Question = Older | Redeem | Mail | Counted

pack = msgspec.msgpack.Encoder().encode
unpack_batch: Any = msgspec.msgpack.Decoder(Batch).decode
unpack_question: Any = msgspec.msgpack.Decoder(Question).decode
unpack_lines: Any = msgspec.msgpack.Decoder(list[bytes]).decode
unpack_words: Any = msgspec.msgpack.Decoder(list[str]).decode
unpack_mail: Any = msgspec.msgpack.Decoder(list[list[tuple[int, bytes]]]).decode
