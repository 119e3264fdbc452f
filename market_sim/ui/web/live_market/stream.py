"""The live market as server-sent events: the state of a book and of the reader's own account, as often as they change.

Each message is a whole state, so a browser that was away needs none that it has missed. The market never waits: who
reads slowly gets fewer messages.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from market_sim.api.live.market import LiveMarket
from market_sim.api.members import Member
from market_sim.ui.web.live_market.view import SHORTEST_SECONDS, MarketView

MOST_STREAMS = 64
"""The most open streams; each occupies one thread of the server."""
PATIENCE_SECONDS = 0.5
"""The longest wait before the stream looks whether the clock was stopped, or the site is ending."""
QUIET_SECONDS = 15
"""The time without a message after which a comment is sent, to detect a closed connection."""


class MarketStream:
    """Writes the messages for one reader."""

    def __init__(
        self, market: LiveMarket, view: MarketView, book: str, member: Member | None, closing: threading.Event
    ) -> None:
        self._market, self._view, self._book, self._closing = market, view, book, closing
        self._member = member if member is not None and member.role == "student" else None
        self._told: dict[str, str] = {}

    def messages(self) -> Iterator[str]:
        """The messages, until the market is over or the site ends."""
        yield "retry: 1000\n\n"
        seen, quiet_since = -1, time.monotonic()
        while not self._closing.is_set():
            began = time.monotonic()
            is_over = self._market.is_over
            shared = self._view.shared(self._book)
            seen = shared["events"]
            new = "".join(self._new(shared))
            if new:
                quiet_since = began
                yield new
            elif began - quiet_since > QUIET_SECONDS:
                quiet_since = began
                yield ": still here\n\n"
            if is_over:
                return
            self._wait(seen, began)

    def _new(self, shared: dict[str, Any]) -> Iterator[str]:
        """What differs from the last message of its kind."""
        yield from self._message("market", shared)
        yield from self._message("manner", self._view.manner())
        if self._member is not None:
            yield from self._message("own", self._view.own(self._member))

    def _message(self, kind: str, content: dict[str, Any]) -> Iterator[str]:
        text = json.dumps(content, separators=(",", ":"))
        if self._told.get(kind) != text:
            self._told[kind] = text
            yield f"event: {kind}\ndata: {text}\n\n"

    def _wait(self, seen: int, began: float) -> None:
        """Wait for something new, and no less than the shortest time between two messages."""
        self._market.wait(seen, PATIENCE_SECONDS)
        rest = SHORTEST_SECONDS - (time.monotonic() - began)
        if rest > 0:
            self._closing.wait(rest)


class MarketStreams:
    """The open streams of a site: a limited number, which end with the site."""

    def __init__(self, market: LiveMarket, view: MarketView, most: int = MOST_STREAMS) -> None:
        self._market, self._view = market, view
        self._places = threading.BoundedSemaphore(most)
        self._closing = threading.Event()

    def open(self, book: str, member: Member | None) -> OpenStream | None:
        """A stream for one reader; None when there are too many."""
        if not self._places.acquire(blocking=False):
            return None
        stream = MarketStream(self._market, self._view, book, member, self._closing)
        return OpenStream(stream.messages(), self._places.release)

    def close(self) -> None:
        """End all streams soon; a signal handler may call this."""
        self._closing.set()


class OpenStream:
    """One open stream; the server closes it in any case, even if nothing was read."""

    def __init__(self, messages: Iterator[str], release: Callable[[], None]) -> None:
        self._messages, self._release = messages, release
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._messages)

    def close(self) -> None:
        """Give the place back, once."""
        if self._is_open:
            self._is_open = False
            self._release()
