"""The spill: the older part of a very long run's journal, on disk instead of in memory.

The events lie in one file as JSON lines, a segment of equally many after the other; of each segment the place of its
first byte is known, so that reading from any event on skips nothing but part of one segment. The lines are those of
the archive and of the fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from market_sim.core.data.codec import decode, encode
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

    def read(self, number: int = 0) -> Iterator[Event]:
        """The events from this number on."""
        start, skipped = divmod(number, self.segment)
        if start >= len(self._starts):
            return
        with self._path.open("rb") as file:
            file.seek(self._starts[start])
            for place, line in enumerate(file):
                if place >= skipped:
                    yield decode(line)
