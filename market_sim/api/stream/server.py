"""The server of the stream, in a process of its own: three addresses for programs, and one for people.

    ws://localhost:8765                        a ticker of each book every 100 ms of simulated time
    ws://localhost:8765/journal?from=N         the events of the journal, from number N on
    ws://localhost:8765/reports?ticket=T       the reports of the member to whom the ticket was issued
    http://localhost:8765/clients              the clients and their counters

A browser names the site whose page connects (Origin); a program names none. A page that was opened from disk names
"null", as any page in a sandboxed frame does, so it gets the tickers, which are public, and nothing else. What is
private needs a ticket (market_sim/api/tickets.py): the reports of a member, and in a class the journal.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from multiprocessing.connection import Connection
from typing import Final
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from market_sim.api.stream.clients import FAREWELL_SECONDS
from market_sim.api.stream.hub import RECENT_EVENTS, Hub
from market_sim.api.stream.pipe import (
    Mail,
    Older,
    Question,
    Redeem,
    pack,
    unpack_batch,
    unpack_lines,
    unpack_mail,
    unpack_words,
)
from market_sim.core.models.instruments import LARGEST_AMOUNT

LARGEST_MESSAGE: Final = 64 * 1024
"""What a client may send at most; nothing that it says is used."""
MOST_CLIENTS: Final = 4_000
MOST_BATCHES: Final = 32
"""How many batches may wait for the loop: on a busy machine it takes several at once."""
TELL_SECONDS: Final = 1.0
"""How often the market's process is told what was counted."""
TICKER, JOURNAL, REPORTS, CLIENTS = "/", "/journal", "/reports", "/clients"
ON_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Settings(msgspec.Struct, frozen=True):
    """What the server is started with."""

    client_buffer: int = 100
    sites: tuple[str, ...] = ()
    """The origins of our own pages."""
    hosts: frozenset[str] = ON_THIS_MACHINE
    """The names under which it may be addressed; empty: any."""
    journal_is_open: bool = True
    """Whether everybody may read the journal, which tells who traded what; otherwise an instructor with a ticket."""
    recent_events: int = RECENT_EVENTS
    blocked_seconds: float = 30.0


class Refusal(Exception):
    """A connection that is not opened: the status, a code and a sentence."""

    def __init__(self, status: HTTPStatus, code: str, sentence: str, **numbers: int | str) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = {"code": code, "sentence": sentence, "numbers": numbers}


class StreamServer:
    """The addresses and who may use them."""

    def __init__(self, settings: Settings, questions: Connection) -> None:
        self._settings = settings
        self._questions = questions
        self._asking = threading.Lock()
        self.hub = Hub(
            settings.client_buffer, self._older, self._mail, settings.recent_events, settings.blocked_seconds
        )
        self._members: WeakKeyDictionary[ServerConnection, str] = WeakKeyDictionary()
        """Whose reports a connection follows."""

    async def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Check a request before the handshake; /clients is answered at once."""
        try:
            path = self._checked(request)
            # At the end, because it takes the ticket: what is refused for another reason leaves it as it is.
            if path == REPORTS:
                self._members[connection] = await self._redeemed(request, "student")
            elif path == JOURNAL and not self._settings.journal_is_open:
                await self._redeemed(request, "instructor")
        except Refusal as refusal:
            self.hub.refused += 1
            return _json(connection, refusal.status, refusal.body)
        return _json(connection, HTTPStatus.OK, self.hub.described()) if path == CLIENTS else None

    def _checked(self, request: Request) -> str:
        """The path of a request that is allowed."""
        host = request.headers.get("Host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self._settings.hosts and name not in self._settings.hosts:
            raise Refusal(HTTPStatus.FORBIDDEN, "WRONG_HOST", "this stream is not served under that name")
        path = urlsplit(request.path).path or TICKER
        if path not in (TICKER, JOURNAL, REPORTS, CLIENTS):
            raise Refusal(
                HTTPStatus.NOT_FOUND, "NOT_FOUND", "the stream has the paths /, /journal, /reports and /clients"
            )
        origins = request.headers.get_all("Origin")
        allowed = {*self._settings.sites, "null"} if path == TICKER else set(self._settings.sites)
        if any(origin not in allowed for origin in origins):
            raise Refusal(HTTPStatus.FORBIDDEN, "WRONG_ORIGIN", f"{path} is for programs and for pages of this site")
        if path == JOURNAL:
            if not self._settings.journal_is_open and not _asked(request, "ticket"):
                raise Refusal(
                    HTTPStatus.FORBIDDEN, "JOURNAL_CLOSED", "a class trades here, and the journal tells who traded what"
                )
            self._first(request)
        elif path == REPORTS:
            self._number(request, "after", LARGEST_AMOUNT)
        if self.hub.connected >= MOST_CLIENTS:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "TOO_MANY_CLIENTS",
                f"the stream has {MOST_CLIENTS:,} clients already",
                most=MOST_CLIENTS,
            )
        return path

    def _first(self, request: Request) -> int:
        """The event from which a client wants the journal: from the beginning, unless it says otherwise."""
        return self._number(request, "from", self.hub.end, ", the number of the next event")

    def _number(self, request: Request, name: str, most: int, meaning: str = "") -> int:
        """A number of the query, 0 if it is not given."""
        given = _asked(request, name, "0")
        if not (given.isascii() and given.isdigit() and len(given) <= 18 and int(given) <= most):
            raise Refusal(
                HTTPStatus.BAD_REQUEST,
                "BAD_NUMBER",
                f"{name} must be a whole number from 0 to {most}{meaning}",
                most=most,
            )
        return int(given)

    async def _redeemed(self, request: Request, role: str) -> str:
        """The name of the member whose ticket this is, if it has this role."""
        found = unpack_words(await self._ask(Redeem(_asked(request, "ticket"))))
        if found[1:] != [role]:
            raise Refusal(
                HTTPStatus.UNAUTHORIZED,
                "BAD_TICKET",
                f"a ticket of {role}s opens this once, soon after its issue; POST /api/tickets of the site gives one",
            )
        name: str = found[0]
        return name

    async def attend(self, connection: ServerConnection) -> None:
        """Serve one client until it leaves."""
        request = connection.request
        path = urlsplit(request.path).path if request is not None else TICKER
        if request is not None and path == JOURNAL:
            await self.hub.attend_journal(connection, self._first(request))
        elif request is not None and path == REPORTS:
            after = self._number(request, "after", LARGEST_AMOUNT)
            await self.hub.attend_reports(connection, self._members[connection], after)
        else:
            await self.hub.attend_ticker(connection)

    async def tell(self) -> None:
        """Tell the market's process what was counted, again and again."""
        while True:
            await self._ask(self.hub.counted())
            await asyncio.sleep(TELL_SECONDS)

    async def _older(self, first: int, beyond: int) -> list[bytes]:
        lines: list[bytes] = unpack_lines(await self._ask(Older(first, beyond)))
        return lines

    async def _mail(self, wanted: list[tuple[str, int]]) -> list[list[tuple[int, bytes]]]:
        found: list[list[tuple[int, bytes]]] = unpack_mail(await self._ask(Mail(wanted)))
        return found

    async def _ask(self, question: Question) -> bytes:
        """Put one question to the market's process, and wait for the answer on another thread."""
        return await asyncio.get_running_loop().run_in_executor(None, self._put, pack(question))

    def _put(self, question: bytes) -> bytes:
        # Not a lock of the loop: who asked may be gone before the answer comes, which is not the next one's.
        with self._asking:
            self._questions.send_bytes(question)
            return self._questions.recv_bytes()


def run(sockets: Sequence[socket.socket], news: Connection, questions: Connection, settings: Settings) -> None:
    """Serve until the market's process closes its end of the pipe, or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # both mean the whole program, which ends the stream in its turn
    _allow_many_files()
    asyncio.run(serving(sockets, news, questions, settings))


async def serving(
    sockets: Sequence[socket.socket], news: Connection, questions: Connection, settings: Settings
) -> None:
    """Serve on the loop of this process until the other end of the pipe is closed."""
    server = StreamServer(settings, questions)
    loop = asyncio.get_running_loop()
    current: asyncio.Future[None] = loop.create_future()
    done: asyncio.Future[None] = loop.create_future()
    room = threading.Semaphore(MOST_BATCHES)

    def take(data: bytes) -> None:
        """Take a batch; a defect of ours ends the stream, and must not leave a gap in it."""
        room.release()
        if done.done():
            return
        try:
            batch = unpack_batch(data)
            server.hub.take(batch)
        except BaseException as broken:
            done.set_exception(broken)
            raise
        if batch.is_current and not current.done():
            current.set_result(None)

    def end() -> None:
        if not done.done():
            done.set_result(None)

    def read() -> None:
        """Read the pipe on a thread of its own. What cannot be taken in time waits at its other end."""
        try:
            while True:
                data = news.recv_bytes()
                room.acquire()
                loop.call_soon_threadsafe(take, data)
        except (EOFError, OSError):
            loop.call_soon_threadsafe(end)

    threading.Thread(target=read, name="stream news", daemon=True).start()
    await asyncio.wait([done, current], return_when=asyncio.FIRST_COMPLETED)
    opened = [await _opened(server, listener) for listener in sockets]
    duties = [asyncio.ensure_future(duty) for duty in (server.hub.tend(), server.hub.deliver(), server.tell())]
    try:
        # A duty never ends by itself: its defect ends the stream, which would otherwise fall silent for some.
        ended, _ = await asyncio.wait([done, *duties], return_when=asyncio.FIRST_COMPLETED)
        for finished in ended:
            with suppress(EOFError, OSError):  # the other end of the pipes is gone, and this one ends in order
                finished.result()
    finally:
        for duty in duties:
            duty.cancel()
        await server.hub.end_all()
        for one in opened:
            one.close()
            await one.wait_closed()


async def _opened(server: StreamServer, listener: socket.socket) -> Server:
    """Accept connections on one of the sockets."""
    return await serve(
        server.attend,
        sock=listener,
        process_request=server.admit,
        max_size=LARGEST_MESSAGE,
        compression=None,  # a message is compressed for each client anew, and that costs more than sending it
        close_timeout=FAREWELL_SECONDS,
        server_header=None,
    )


def _asked(request: Request, name: str, otherwise: str = "") -> str:
    """What the query says under this name."""
    return parse_qs(urlsplit(request.path).query, keep_blank_values=True).get(name, [otherwise])[-1]


def _json(connection: ServerConnection, status: HTTPStatus, body: object) -> Response:
    response = connection.respond(status, json.dumps(body) + "\n")
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json"
    return response


def _allow_many_files() -> None:
    """Each client is an open file; many systems allow 1,024 unless a program asks for more."""
    if sys.platform != "win32":
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = 2 * MOST_CLIENTS if most == resource.RLIM_INFINITY else min(most, 2 * MOST_CLIENTS)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
