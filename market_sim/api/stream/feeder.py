"""The feeder: hands the journal of a live market to the process of the stream, on threads of its own.

It reads the journal like any other reader and keeps the number of the next event. When the stream is slow, the feeder
falls behind and nothing else happens: the events stay in the journal, the market goes on, and no event is lost. When
the stream's process dies, a warning says so and how many events were not streamed.
"""

from __future__ import annotations

import logging
import threading
from multiprocessing.connection import Connection
from typing import Any, Final

import msgspec

from market_sim.api.access import Access
from market_sim.api.live.market import LiveMarket
from market_sim.api.stream.pipe import Batch, Counted, Mail, Older, Question, Redeem, pack, unpack_question
from market_sim.api.stream.ticker import CYCLE_NS
from market_sim.core.data.codec import encode
from market_sim.core.models.run_events import RunEnded

MOST_EVENTS: Final = 2_000
"""The most events of one batch, so that neither process is long away from its other work."""
IDLE_SECONDS: Final = 0.02
"""The longest wait before the time is looked at again: tickers are due also where nothing happens."""

_log = logging.getLogger(__name__)


class Feeder:
    """Two threads: one sends what is new, one answers the questions of the stream."""

    def __init__(self, market: LiveMarket, news: Connection, questions: Connection) -> None:
        self._market = market
        self.news = news
        """Where the journal goes."""
        self._questions = questions
        self._sent = 0
        self._is_ending = False
        self._threads = [
            threading.Thread(target=self._feed, name="stream feeder", daemon=True),
            threading.Thread(target=self._answer, name="stream answers", daemon=True),
        ]
        self.counted = Counted()
        """What the stream has counted, as it said last."""
        self.private: Access | None = None
        """Whose tickets open private streams; without it no ticket opens one."""
        self.is_broken = False
        """Whether the process of the stream went away before its time."""

    @property
    def behind(self) -> int:
        """The number of events that the stream has not been sent yet."""
        return len(self._market.journal) - self._sent

    def start(self) -> None:
        """Begin with the first event."""
        for thread in self._threads:
            thread.start()

    def end(self, seconds: float) -> bool:
        """Stop; if the market is over, send the rest of its journal first. Returns whether that was done in time."""
        self._is_ending = not self._market.is_over
        feeding = self._threads[0]
        feeding.join(seconds)
        self._is_ending = True
        return not feeding.is_alive()

    def wait(self) -> None:
        """Wait until both threads have ended; they do when the process at the other end has."""
        for thread in self._threads:
            thread.join()

    def _feed(self) -> None:
        now = -1
        while not self._is_ending:
            self._market.wait(self._sent, IDLE_SECONDS)
            batch = self._batch()
            has_passed_an_instant = batch.now // CYCLE_NS > now // CYCLE_NS
            if not (batch.lines or has_passed_an_instant or batch.is_last):
                continue
            try:
                self.news.send_bytes(pack(batch))
            except OSError:
                self._lose()
                return
            now = batch.now
            self._sent += len(batch.lines)
            if batch.is_last:
                return

    def _batch(self) -> Batch:
        """The next events. The time is read before the journal: what happened before it is there by then."""
        journal, now = self._market.journal, self._market.now
        end = len(journal)
        is_over = self._market.broken is not None or (end > 0 and type(journal[end - 1]) is RunEnded)
        beyond = min(end, self._sent + MOST_EVENTS)
        events = journal.between(self._sent, beyond)
        is_current = beyond == end
        if not is_current:
            now = min(now, events[-1].time)
        return Batch(self._sent, [encode(event) for event in events], now, is_current, is_current and is_over)

    def _lose(self) -> None:
        if not self._is_ending:
            self.is_broken = True
            _log.warning(
                "the stream's process has ended, and %s events of the journal were not streamed; the market goes on",
                f"{self.behind:,}",
            )

    def _answer(self) -> None:
        while True:
            try:
                question = unpack_question(self._questions.recv_bytes())
                self._questions.send_bytes(pack(self._answered(question)))
            except (EOFError, OSError):
                return

    def _answered(self, question: Question) -> list[Any]:
        private = self.private
        if isinstance(question, Counted):
            self.counted = question
        elif isinstance(question, Older):
            journal = self._market.journal
            beyond = min(question.beyond, question.first + MOST_EVENTS, len(journal))
            return [encode(event) for event in journal.between(question.first, beyond)]
        elif isinstance(question, Redeem) and private is not None:
            return list(private.tickets.redeem(question.ticket) or ())
        elif isinstance(question, Mail) and private is not None:
            found = [private.state.reports(name, after) for name, after in question.wanted]
            return [[(one.number, msgspec.json.encode(one)) for one in reports] for reports in found]
        return []
