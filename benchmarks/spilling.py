"""A journal whose older part lies on disk, so that the memory of a very long stream is that of the exchange alone.

All but the last events are moved, a segment at a time, and reading them looks the same as before. The events lie in
one file as JSON lines, a segment of equally many after the other; of each segment the place of its first byte is
known, so that reading from any event on skips nothing but part of one segment. The lines are those of the archive and
of the fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from market_sim.core.data.codec import decode, encode
from market_sim.core.data.spilled_journal import SpilledJournal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event

SEGMENT = 100_000


class Spill:
    """The first events of a run, in a file of their own; an older file is replaced."""

    def __init__(self, path: Path, segment: int = SEGMENT) -> None:
        self.segment = segment
        self._path = path
        self._starts: list[int] = []
        self._size = 0
        try:
            path.write_bytes(b"")
        except OSError as refused:
            raise InputError(f"expected a file to write to, but {path} refused: {refused.strerror}") from refused

    def __len__(self) -> int:
        return len(self._starts) * self.segment

    def append(self, events: Sequence[Event]) -> None:
        """Write one more segment."""
        data = b"".join(encode(event) + b"\n" for event in events)
        with self._path.open("ab") as file:
            file.write(data)
        self._starts.append(self._size)
        self._size += len(data)

    def read(self, first: int, end: int, kind: type[Event] | None = None) -> Iterator[Event]:
        """The events from one number up to, and without, another; of one type, if one is given."""
        start, skipped = divmod(first, self.segment)
        if start >= len(self._starts):
            return
        with self._path.open("rb") as file:
            file.seek(self._starts[start])
            for line in islice(file, skipped, skipped + end - first):
                event = decode(line)
                if kind is None or type(event) is kind:
                    yield event


class SpillingJournal(SpilledJournal):
    """A journal that keeps its last events in memory and gives the older ones to a spill."""

    def __init__(self, spill: Spill) -> None:
        super().__init__()
        self._spill = spill

    def _record(self, event: Event) -> None:
        # Two segments stay in memory before the older one goes: whoever reads regularly never waits for the disk.
        events, spill = self._events, self._spill
        events.append(event)
        if len(events) >= 2 * spill.segment:
            spill.append(events[: spill.segment])
            self.release(len(spill), spill.read)
