"""Opening the stream of a live market: its port, its process, and the threads that feed it.

    stream = OpenStream(market, bound("localhost", 8765))
    stream.start()
    stream.address                             # ws://localhost:8765
    stream.close()

The port is bound before anything is started, so that a port in use is told at once. The stream of a market that has
ended delivers the last event before it closes.
"""

from __future__ import annotations

import errno
import multiprocessing
import socket
import sys
from collections.abc import Iterable, Sequence

from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.feeder import Feeder
from market_sim.api.stream.pipe import Counted
from market_sim.api.stream.server import ON_THIS_MACHINE, Settings, run
from market_sim.core.errors import InputError

SEND_BUFFER = 32 * 1024
"""What the system keeps for a client that does not read; by default it would be some megabytes."""
PATIENCE_SECONDS = 60.0
"""How long the process of the stream may take to deliver the end; clients that do not read hold it up for seconds."""


class OpenStream:
    """The stream of one market; everything here is in the market's process."""

    def __init__(
        self,
        market: LiveMarket,
        sockets: Sequence[socket.socket],
        host: str = "localhost",
        client_buffer: int = 100,
        sites: Sequence[str] = (),
        journal_is_open: bool = True,
        settings: Settings | None = None,
    ) -> None:
        """`sites` are the origins of our own pages; of `client_buffer` waiting tickers the oldest is dropped next."""
        self._sockets = list(sockets)
        self.port: int = self._sockets[0].getsockname()[1]
        self.host = host
        hosts = ON_THIS_MACHINE if host in ON_THIS_MACHINE else frozenset[str]()
        settings = settings or Settings(client_buffer, tuple(sites), hosts, journal_is_open)
        # A process that is started anew shares no lock and no thread with this one, on any system.
        context = multiprocessing.get_context("spawn")
        news, self._news = context.Pipe(duplex=False)
        self._questions, questions = context.Pipe()
        self._theirs = (news, questions)
        self._process = context.Process(
            target=run, args=(self._sockets, news, questions, settings), name="stream", daemon=True
        )
        self.feeder = Feeder(market, self._news, self._questions)
        """What hands the journal to the process."""

    @property
    def address(self) -> str:
        """Where programs connect."""
        return f"ws://{self.host}:{self.port}"

    @property
    def counted(self) -> Counted:
        """What the stream has counted; at most a second old."""
        return self.feeder.counted

    @property
    def behind(self) -> int:
        """The number of events that the stream has not been sent yet."""
        return self.feeder.behind

    @property
    def is_broken(self) -> bool:
        """Whether the process of the stream has ended before its time."""
        return self.feeder.is_broken

    @property
    def process_id(self) -> int:
        """The number of the process."""
        return self._process.pid or 0

    def start(self) -> None:
        """Start the process and feed it."""
        self._process.start()
        # Each end of a pipe must be open in one process only, or neither would notice that the other one is gone.
        _close(self._sockets)
        _close(self._theirs)
        self.feeder.start()

    def close(self, seconds: float = PATIENCE_SECONDS) -> None:
        """End the stream: what an ended market has recorded is delivered first, as far as clients read."""
        if self._process.pid is None:
            _close((*self._sockets, *self._theirs, self._news, self._questions))
            return
        if not self.feeder.end(seconds):
            self._process.kill()  # it has stopped reading, and with it goes what the feeder waits for
            self.feeder.end(seconds)
        _close((self._news,))
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.feeder.wait()
        _close((self._questions,))


def _close(things: Iterable[object]) -> None:
    for thing in things:
        thing.close()  # type: ignore[attr-defined] # sockets and pipes have no common type


def bound(host: str, port: int, tries: int = 20) -> list[socket.socket]:
    """A socket for every address that the name stands for, all with one port; bound before the process is started."""
    listeners: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in sorted(set(found)):
            try:
                made = socket.socket(family, kind, protocol)
            except OSError:
                continue  # the name stands for an address of a kind that this system does not have
            listeners.append(made)
            if sys.platform != "win32":
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            chosen = listeners[0].getsockname()[1] if len(listeners) > 1 else port
            try:
                made.bind((address[0], chosen, *address[2:]))
            except OSError as error:
                if error.errno == errno.EADDRINUSE and chosen != port and tries > 1:
                    _close(listeners)  # the system chose a port that is free at the first address only
                    return bound(host, port, tries - 1)
                if error.errno != errno.EADDRNOTAVAIL or len(found) == 1:
                    raise
                listeners.pop().close()  # localhost may stand for ::1 where IPv6 is switched off
                continue
            made.listen(1024)
        return listeners
    except OSError as error:
        _close(listeners)
        raise InputError(
            f"the stream cannot use port {port} of {host} ({(error.strerror or str(error)).lower()}); "
            f"choose another one: simulate.py serve --scenario NAME --stream-port {port + 1 if port < 65535 else 0}"
        ) from None
