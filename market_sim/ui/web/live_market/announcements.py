"""What a live market has to announce: halts, auctions, news, liquidations, the start of a competition."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from market_sim.analysis.event_sentences import EventSentences, phase_sentence
from market_sim.analysis.results.competition import is_start
from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.core.models.figures import Figures
from market_sim.core.models.market_events import InstrumentListed, PhaseChanged, book_name
from market_sim.core.models.mechanism_events import LiquidationStarted
from market_sim.core.models.run_events import InputReceived, ShockHappened

KEPT = 4
"""The announcements on a page, the newest first."""
STARTS = "the competition starts: what was gained before was practice"


class Announcements:
    """The last announcements of a market, read from its journal by whoever asks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._figures = Figures(())
        self._sentences: EventSentences | None = None
        self._lock = threading.Lock()
        self._read = 0
        self._last: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._books: list[str] = []
        self._change: PhaseChanged | None = None
        """The last change of a phase, and the books that it is about."""
        self.competition = -1
        """The number of the event that began the competition; -1 without one."""

    def until(self, events: int) -> list[dict[str, Any]]:
        """The last announcements among the first so many events, the newest first."""
        with self._lock:
            if events > self._read:
                for place, event in enumerate(self._journal.since(self._read)[: events - self._read], self._read):
                    if isinstance(event, InstrumentListed):
                        self._figures.add(event)
                    kind = KINDS.get(type(event))
                    if kind is not None and (kind or is_start(event)):
                        self._announce(place, event, kind or "news")
                self._read = events
            return list(self._last)

    def _announce(self, number: int, event: Event, kind: str) -> None:
        if is_start(event):
            self.competition, sentence = number, STARTS
        elif isinstance(event, PhaseChanged):
            sentence = self._changed(event)
            kind = "halt" if event.phase in ("halted", "closed") else "news"
        else:
            self._sentences = self._sentences or EventSentences(self._journal)
            sentence = self._sentences.sentence(event)
        said = {"event": number, "kind": kind, "time": f"{event.time / 1e9:.1f} s", "sentence": sentence.rstrip(".")}
        self._last.appendleft(said)

    def _changed(self, event: PhaseChanged) -> str:
        """The sentence of a change of phase; one that comes to several books at once is one announcement."""
        last = self._change
        if last is not None and (last.time, last.phase, last.reason) == (event.time, event.phase, event.reason):
            self._last.popleft()
        else:
            self._books = []
        self._change = event
        self._books.append(book_name(event.symbol, event.venue))
        return phase_sentence(self._figures, self._books, event)


KINDS: dict[type[Event], str] = {
    PhaseChanged: "halt",
    LiquidationStarted: "liquidation",
    ShockHappened: "news",
    InputReceived: "",
}
"""What is announced, by kind; of inputs only the start of a competition is."""
