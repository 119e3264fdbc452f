"""The hub: takes the journal from the market's process, and hands tickers and events to every client.

Everything here happens on one event loop. A batch is taken without a wait, so no client sees half of it, and no event
can come between the older events that a new client is given and the newest ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from market_sim.api.stream.clients import (
    FAREWELL_SECONDS,
    Client,
    JournalClient,
    Recent,
    ReportsClient,
    TickerClient,
    framed,
)
from market_sim.api.stream.cycles import Cycles
from market_sim.api.stream.pipe import Batch, Counted

FLUSH_SECONDS: Final = 0.05
"""How often it is looked whether clients with waiting messages have made room."""
PAUSE_SECONDS: Final = 0.01
RECENT_EVENTS: Final = 50_000
"""How far behind a client of the journal may fall."""
BLOCKED_SECONDS: Final = 30.0
"""After which time a client that takes nothing is closed."""

REPORTS_SECONDS: Final = 0.05
"""How often the market's process is asked for the new reports of members who follow theirs."""

Older = Callable[[int, int], Awaitable[list[bytes]]]
"""Asks the market's process for the events from one number to before another."""
Mail = Callable[[list[tuple[str, int]]], Awaitable[list[list[tuple[int, bytes]]]]]
"""Asks it for the reports of members after a number each: their numbers, and the reports as JSON."""

OVER = "the market has ended"
CLOSED = "the stream has ended"
TOO_SLOW = "too slow: resume with from={}"


def numbered(number: int, line: bytes) -> bytes:
    """A message of the journal: an event with its number.

    >>> numbered(7, b'{"type":"RunEnded","time":0,"complete":true}')
    b'{"number":7,"event":{"type":"RunEnded","time":0,"complete":true}}'
    """
    return b'{"number":%d,"event":%b}' % (number, line)


class Hub:
    """The clients, and what they are sent."""

    def __init__(
        self,
        client_buffer: int,
        older: Older,
        mail: Mail,
        recent: int = RECENT_EVENTS,
        blocked_seconds: float = BLOCKED_SECONDS,
    ) -> None:
        self._client_buffer, self._blocked_seconds = client_buffer, blocked_seconds
        self._older, self._mail = older, mail
        self._recent = Recent(recent)
        self._cycles = Cycles()
        self._latest: list[bytes] = []
        """The tickers of the last instant: the first messages of a new client."""
        self._numbers = count(1)
        self._tickers: dict[int, TickerClient] = {}
        self._readers: dict[int, JournalClient] = {}
        self._arriving: dict[int, JournalClient] = {}
        """Clients of the journal that are still given older events."""
        self._private: dict[int, ReportsClient] = {}
        self._gone = Counted()
        self.is_over = False
        self._farewells: set[asyncio.Task[None]] = set()
        self.refused = 0

    # ---- what comes from the market -----------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """The number of the next event of the journal."""
        return self._recent.end

    def take(self, batch: Batch) -> None:
        """Take the next events, and send what follows from them."""
        now = time.monotonic()
        instants = self._cycles.take(batch)
        tickers = [framed(msgspec.json.encode(ticker)) for instant in instants for ticker in instant]
        events = [framed(numbered(number, line)) for number, line in enumerate(batch.lines, batch.first)]
        self._recent.add(events)
        if instants:
            self._latest = tickers[-len(instants[-1]) :] if instants[-1] else []
            joined = b"".join(tickers)
            for ticker_client in self._tickers.values():
                ticker_client.offer(tickers, joined, now)
        if events:
            joined = b"".join(events)
            for reader in self._readers.values():
                reader.offer(batch.first, events, joined, now)
        if batch.is_last:
            self.is_over = True

    # ---- clients ------------------------------------------------------------------------------------------------

    async def attend_ticker(self, connection: ServerConnection) -> None:
        """Serve a client of the tickers until it leaves."""
        now = time.monotonic()
        client = TickerClient(next(self._numbers), connection, "/", now, self._client_buffer)
        self._tickers[client.number] = client
        try:
            if self._latest:
                client.offer(self._latest, b"".join(self._latest), now)
            await self._until_it_leaves(connection)
        finally:
            del self._tickers[client.number]
            self._note(client)

    async def attend_journal(self, connection: ServerConnection, first: int) -> None:
        """Serve a client of the journal, from this event on."""
        client = JournalClient(next(self._numbers), connection, "/journal", time.monotonic(), self._recent, first)
        self._arriving[client.number] = client
        listening = asyncio.ensure_future(self._until_it_leaves(connection))
        try:
            while client.has_lost_its_place and not listening.done():
                if client.can_take:
                    lines = await self._older(client.place, self._recent.first)
                    client.write_older([framed(numbered(at, line)) for at, line in enumerate(lines, client.place)])
                else:
                    client.wait_from(time.monotonic())
                    await asyncio.sleep(PAUSE_SECONDS)
            # Nothing is awaited between the last older event and the place among the newest: no event comes between.
            self._readers[client.number] = self._arriving.pop(client.number)
            client.flush(time.monotonic())
            await listening
        finally:
            listening.cancel()
            self._arriving.pop(client.number, None)
            self._readers.pop(client.number, None)
            self._note(client)

    async def attend_reports(self, connection: ServerConnection, member: str, after: int) -> None:
        """Serve a client of a member's reports, from the one after this number on."""
        client = ReportsClient(next(self._numbers), connection, "/reports", time.monotonic(), member, after)
        self._private[client.number] = client
        try:
            await self._until_it_leaves(connection)
        finally:
            del self._private[client.number]
            self._note(client)

    async def deliver(self) -> None:
        """Hand new reports to those who follow theirs, again and again."""
        while True:
            await asyncio.sleep(REPORTS_SECONDS)
            await self._deliver()

    async def _deliver(self) -> None:
        is_over = self.is_over
        asking = [client for client in self._private.values() if client.can_take]
        for client in self._private.values():
            if not client.can_take:
                client.wait_from(time.monotonic())
        if asking:
            mail = await self._mail([(client.member, client.place) for client in asking])
            for client, reports in zip(asking, mail, strict=True):
                client.offer(reports, is_over)

    async def _until_it_leaves(self, connection: ServerConnection) -> None:
        """What a client says is read, so that its answers to pings arrive, and not used."""
        try:
            async for _ in connection:
                pass
        except ConnectionClosed:
            pass

    async def tend(self) -> None:
        """Look after clients with waiting messages, again and again."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self._look_after(time.monotonic())

    def _look_after(self, now: float) -> None:
        for client in self._clients:
            client.flush(now)
            if client.blocked_since is not None and now - client.blocked_since > self._blocked_seconds:
                self._gone = msgspec.structs.replace(self._gone, blocked=self._gone.blocked + 1)
                client.abort()
        for reader in [one for one in self._readers.values() if one.has_lost_its_place]:
            self._gone = msgspec.structs.replace(self._gone, resumable=self._gone.resumable + 1)
            del self._readers[reader.number]
            self._say_farewell(reader, CloseCode.TRY_AGAIN_LATER, TOO_SLOW.format(reader.place))
        if self.is_over:
            for client in [one for one in self._clients if one.is_served and one.can_take]:
                self._say_farewell(client, CloseCode.NORMAL_CLOSURE, OVER)

    def _say_farewell(self, client: Client, code: CloseCode, reason: str) -> None:
        task = asyncio.ensure_future(client.close(code, reason))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def end_all(self) -> None:
        """Close every connection, because the site ends; who reads gets the rest of an ended market before."""
        latest = time.monotonic() + FAREWELL_SECONDS
        while self.is_over and not all(one.is_served for one in self._clients) and time.monotonic() < latest:
            self._look_after(time.monotonic())
            await self._deliver()
            await asyncio.sleep(PAUSE_SECONDS)
        code, reason = (CloseCode.NORMAL_CLOSURE, OVER) if self.is_over else (CloseCode.GOING_AWAY, CLOSED)
        await asyncio.gather(*(client.close(code, reason) for client in self._clients))

    # ---- what is counted ----------------------------------------------------------------------------------------

    @property
    def _clients(self) -> list[Client]:
        return [*self._tickers.values(), *self._readers.values(), *self._arriving.values(), *self._private.values()]

    def _note(self, client: Client) -> None:
        gone = self._gone
        self._gone = msgspec.structs.replace(
            gone, connected=gone.connected + 1, sent=gone.sent + client.sent, dropped=gone.dropped + client.dropped
        )

    @property
    def connected(self) -> int:
        """The number of clients that are connected now."""
        return len(self._tickers) + len(self._readers) + len(self._arriving) + len(self._private)

    def counted(self) -> Counted:
        """The totals, with the clients that are connected now."""
        clients, gone = self._clients, self._gone
        return msgspec.structs.replace(
            gone,
            clients=len(clients),
            connected=gone.connected + len(clients),
            sent=gone.sent + sum(client.sent for client in clients),
            dropped=gone.dropped + sum(client.dropped for client in clients),
            refused=self.refused,
        )

    def described(self) -> dict[str, Any]:
        """Every client with its counters, and the totals."""
        now = time.monotonic()
        clients = [
            {
                "number": client.number,
                "path": client.path,
                "seconds": round(now - client.since, 1),
                "sent": client.sent,
                "dropped": client.dropped,
                "waiting": client.waiting,
            }
            for client in self._clients
        ]
        return {"clients": clients, "totals": msgspec.structs.asdict(self.counted())}
