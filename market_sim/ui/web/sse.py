"""Server-sent events: the notes of a job as a stream that a browser can lose and take up again.

The id of each message is the number of a journal event, so a browser that comes back says which event it has seen last,
and gets everything after it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from market_sim.ui.web.player import Note
from market_sim.ui.web.run_queue import Job

MOST_STREAMS = 12
"""Each open stream holds a thread of the server (it has 32)."""
QUIET_SECONDS = 15
"""After so long without news a comment is sent: a browser that has gone is noticed."""


class Streams:
    """Counts the open streams, so that they never hold all threads."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._places = threading.BoundedSemaphore(most)

    def open(self, job: Job, seen: int | None) -> Stream | None:
        """The stream of one job from the event after `seen` on; None when there is no place left."""
        if not self._places.acquire(blocking=False):
            return None
        return Stream(job, seen, self._places)


class Stream:
    """One open stream; whoever serves it closes it, also when nothing was ever read."""

    def __init__(self, job: Job, seen: int | None, places: threading.BoundedSemaphore) -> None:
        self._places = places
        self._is_open = True
        self._messages = _messages(job, seen)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._messages)

    def close(self) -> None:
        """Give the place back, once."""
        if self._is_open:
            self._is_open = False
            self._places.release()


def _messages(job: Job, seen: int | None) -> Iterator[str]:
    # The closing note may carry the number of the last epoch's: it is told again rather than lost.
    notes = list(job.notes)
    told = 0 if seen is None else sum(1 for note in notes if note.number <= seen and note.kind == "epoch")
    yield "retry: 1000\n\n"
    for note in job.since(told, QUIET_SECONDS):
        yield ": still here\n\n" if note is None else message(note)


def message(note: Note) -> str:
    """One note as the browser reads it; a drawing is no event of the journal and has no number of its own."""
    number = f"id: {note.number}\n" if note.kind != "drawn" else ""
    return f"{number}event: {note.kind}\ndata: {json.dumps(note.content)}\n\n"
