"""Clients of the stream: each has a bounded amount of waiting messages, and none can make another one wait.

A message is framed once and is the same bytes for every client. It is written at once to a client whose connection has
nothing left to write; for any other client it waits, in a buffer of the ticker or as a place in the journal.

A ticker is a full state, so of too many the oldest is dropped and counted. An event of the journal cannot be left out,
so a client that falls too far behind is closed with 1013 and resumes by number.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

MOST_AT_ONCE: Final = 500
"""The most events of the journal that are written to one client in one piece."""
FAREWELL_SECONDS: Final = 2.0
"""How long a client may take to answer a farewell."""


def framed(message: bytes) -> bytes:
    """The bytes of a message on the wire; a server does not mask, so they are the same for every client."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)


class Recent:
    """The newest events of the journal, framed: what clients of `/journal` get without a question to the market."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._frames: list[bytes] = []
        self.first = 0
        """The number of the oldest event that is still here."""

    @property
    def end(self) -> int:
        """The number of the next event."""
        return self.first + len(self._frames)

    def add(self, frames: Sequence[bytes]) -> None:
        """Add the next events; the oldest ones leave."""
        self._frames.extend(frames)
        if len(self._frames) >= 2 * self._most:  # in large pieces, because a list moves all that follows
            leaving = len(self._frames) - self._most
            del self._frames[:leaving]
            self.first += leaving

    def between(self, first: int, beyond: int) -> list[bytes]:
        """The events with these numbers, which must be here."""
        return self._frames[first - self.first : beyond - self.first]


class Client:
    """One connection, and what has become of the messages for it."""

    def __init__(self, number: int, connection: ServerConnection, path: str, now: float) -> None:
        self.number = number
        self.path = path
        self.since = now
        self.sent = 0
        self.dropped = 0
        self.blocked_since: float | None = None
        """Since when messages have been waiting without a single one leaving."""
        self._connection = connection

    @property
    def waiting(self) -> int:
        """The number of messages that wait for this client."""
        return 0

    @property
    def is_served(self) -> bool:
        """Whether nothing is left for this client once the market is over."""
        return not self.waiting

    @property
    def can_take(self) -> bool:
        """Whether the connection has written all that it was given."""
        transport = self._connection.transport
        is_open = self._connection.protocol.state is State.OPEN and not transport.is_closing()
        return is_open and transport.get_write_buffer_size() == 0

    def write(self, frames: Sequence[bytes], joined: bytes | None = None) -> None:
        """Hand messages to the connection."""
        self._connection.transport.write(b"".join(frames) if joined is None else joined)
        self.sent += len(frames)
        self.blocked_since = None

    def flush(self, now: float) -> None:
        """Write what is waiting, if the client has made room."""

    def wait_from(self, now: float) -> None:
        """Note that messages are waiting from now on."""
        if self.blocked_since is None:
            self.blocked_since = now

    def abort(self) -> None:
        """End the connection at once: a client that does not read would not read a farewell either."""
        self.blocked_since = None
        self._connection.transport.abort()

    async def close(self, code: CloseCode, reason: str) -> None:
        """End the connection with a reason, and without one if the client takes no farewell."""
        try:
            await asyncio.wait_for(self._connection.close(code, reason), FAREWELL_SECONDS)
        except asyncio.TimeoutError:
            self.abort()


class TickerClient(Client):
    """A client of the tickers: the newest ones wait for it, the oldest of too many are dropped."""

    def __init__(self, number: int, connection: ServerConnection, path: str, now: float, buffer: int) -> None:
        super().__init__(number, connection, path, now)
        self._buffer: deque[bytes] = deque(maxlen=buffer)

    @property
    def waiting(self) -> int:
        """The number of tickers in the buffer."""
        return len(self._buffer)

    def offer(self, frames: Sequence[bytes], joined: bytes, now: float) -> None:
        """Send tickers, or keep them until the client reads."""
        buffer = self._buffer
        if not buffer and self.can_take:
            self.write(frames, joined)
            return
        self.dropped += max(0, len(buffer) + len(frames) - (buffer.maxlen or 0))
        buffer.extend(frames)
        self.wait_from(now)

    def flush(self, now: float) -> None:
        """Write the whole buffer, if the client has made room."""
        if self._buffer and self.can_take:
            self.write(self._buffer)
            self._buffer.clear()


class JournalClient(Client):
    """A client of the journal: it has a place in the newest events, and must not fall out of them."""

    def __init__(
        self, number: int, connection: ServerConnection, path: str, now: float, recent: Recent, place: int
    ) -> None:
        super().__init__(number, connection, path, now)
        self._recent = recent
        self.place = place
        """The number of the next event that it gets."""

    @property
    def waiting(self) -> int:
        """The number of events that it has not got."""
        return self._recent.end - self.place

    @property
    def has_lost_its_place(self) -> bool:
        """Whether the next event is no longer among the newest ones."""
        return self.place < self._recent.first

    def offer(self, first: int, frames: Sequence[bytes], joined: bytes, now: float) -> None:
        """Send the events that have just come, and before them what is still waiting."""
        if self.place == first and self.can_take:
            self.place += len(frames)
            self.write(frames, joined)
        else:
            self.flush(now)

    def flush(self, now: float) -> None:
        """Write what is waiting, as far as the connection takes it."""
        while not self.has_lost_its_place and self.place < self._recent.end:
            if not self.can_take:
                self.wait_from(now)
                return
            self.write_older(self._recent.between(self.place, self.place + MOST_AT_ONCE))

    def write_older(self, frames: Sequence[bytes]) -> None:
        """Write the events at its place."""
        self.place += len(frames)
        self.write(frames)


class ReportsClient(Client):
    """A client of a member's own reports, which are kept in the market's process until it takes them."""

    def __init__(
        self, number: int, connection: ServerConnection, path: str, now: float, member: str, place: int
    ) -> None:
        super().__init__(number, connection, path, now)
        self.member = member
        self.place = place
        """The number of the last report that it got."""
        self._is_served = False

    @property
    def is_served(self) -> bool:
        """Whether it was asked for more after the end of the market, and there was none."""
        return self._is_served

    def offer(self, reports: Sequence[tuple[int, bytes]], is_over: bool) -> None:
        """Send the next reports; `is_over`: the market had ended before they were asked for."""
        self._is_served = is_over and not reports
        if reports and self.can_take:  # it may have left while its reports were asked for
            self.place = reports[-1][0]
            self.write([framed(line) for _, line in reports])
