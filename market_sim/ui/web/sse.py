"""Server-sent events: the notes of a job as a stream that a browser can resume.

The id of each message is the number of a journal event, so a browser that reconnects sends the last event it has seen
and gets all later notes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from market_sim.ui.web.player import UNDERWAY, Note
from market_sim.ui.web.run_queue import PASSING, Job

MOST_STREAMS = 12
"""The most open streams; each occupies one of the server's 32 threads."""
QUIET_SECONDS = 15
"""The time without notes after which a comment is sent, to detect a closed connection."""


class Streams:
    """Counts the open streams, so that they never occupy all threads."""

    def __init__(self, most: int = MOST_STREAMS) -> None:
        self._places = threading.BoundedSemaphore(most)

    def open(self, job: Job, seen: int | None) -> Stream | None:
        """The stream of one job after the event `seen`; None when there are too many streams."""
        if not self._places.acquire(blocking=False):
            return None
        return Stream(job, seen, self._places)


class Stream:
    """One open stream; the server closes it in any case, even if nothing was read."""

    def __init__(self, job: Job, seen: int | None, places: threading.BoundedSemaphore) -> None:
        self._places = places
        self._is_open = True
        self._messages = _messages(job, seen)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._messages)

    def close(self) -> None:
        """Release the stream, once."""
        if self._is_open:
            self._is_open = False
            self._places.release()


def _messages(job: Job, seen: int | None) -> Iterator[str]:
    # The last note can have the number of the last epoch's note; it is sent again rather than lost.
    notes = list(job.notes)
    told = 0 if seen is None else sum(1 for note in notes if note.number <= seen and note.kind in UNDERWAY)
    yield "retry: 1000\n\n"
    for note in job.since(told, QUIET_SECONDS):
        yield ": still here\n\n" if note is None else message(note)


def message(note: Note) -> str:
    """One note in the format of the stream; a passing one has no id, since it is no event of the journal."""
    number = f"id: {note.number}\n" if note.kind not in PASSING else ""
    return f"{number}event: {note.kind}\ndata: {json.dumps(note.content)}\n\n"
