"""A long journal sorted by type: a file for the events of each type, so that a question about one reads no others.

The conclusion of a market that was open for hours asks such questions dozens of times. The files are compressed like a
journal's, and a question holds no more than one piece of a file in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from market_sim.core.data.codec import decode_lines, encode_lines
from market_sim.core.data.journal import E, Journal
from market_sim.core.data.packing import packed, texts
from market_sim.core.models.event import Event

PIECE: Final = 1_000
"""The number of events of one type that are written at once."""


class SortedJournal(Journal):
    """The events of another journal, which records no more meanwhile."""

    def __init__(self, whole: Journal, folder: Path) -> None:
        """Sort the events into files of this folder, which is the caller's to remove."""
        super().__init__()
        self.record = whole.record
        self._whole, self._folder = whole, folder
        waiting: dict[type[Event], list[Event]] = {}
        for event in whole:
            piece = waiting.setdefault(type(event), [])
            piece.append(event)
            if len(piece) == PIECE:
                self._write(piece)
        for piece in waiting.values():
            self._write(piece)

    def __len__(self) -> int:
        return len(self._whole)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._whole)

    def __getitem__(self, number: int) -> Event:
        return self._whole[number]

    def since(self, number: int) -> list[Event]:
        """All events from this sequence number on."""
        return self._whole.since(number)

    def between(self, first: int, end: int) -> list[Event]:
        """The events from one number up to, and without, another."""
        return self._whole.between(first, end)

    def of(self, kind: type[E], end: int | None = None) -> Iterator[E]:
        """All events of one type, in order; the files hold no numbers, so with `end` the journal itself is read."""
        path = self._folder / kind.__name__
        if end is not None:
            yield from self._whole.of(kind, end)
        elif path.exists():
            for text in texts(path):
                found: Any = decode_lines(text)
                yield from found

    def _write(self, piece: list[Event]) -> None:
        if piece:
            with (self._folder / type(piece[0]).__name__).open("ab") as file:
                file.write(packed(encode_lines(piece)))
            piece.clear()
