"""The run writer: writes a run to disk while it goes, so that a killed program leaves the run up to its last epoch.

After each epoch it compresses the new events and appends them to the journal, appends their links to the hash
chain, and then replaces the manifest, which says how many events count. The reader ignores what was appended after the
last manifest. Until the run is over it lies in a folder of its own, `SCENARIO-seedN-unfinished`; then the folder is
renamed after the run's fingerprint. Each event is encoded once, for the file and for every digest.

Only `finish` waits for the disk, so after a power failure more may be missing: what is left is a shorter run.
"""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from market_sim.core.data.chain import CHAIN, LINK_BYTES
from market_sim.core.data.codec import beginning, decode, encode_lines
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.folder_lock import FolderLock
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, Manifest, Tally, manifest_bytes
from market_sim.core.data.packing import packed, texts
from market_sim.core.errors import InputError, InvariantBroken, OtherCourse
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import RunStarted

JOURNAL = "journal.jsonl.gz"
MOST_AT_ONCE: Final = 20_000
"""The most events of one member of the journal's file, so that writing and reading it takes a bounded memory."""
BESIDE = ("settlement.jsonl",)
"""Files of other parts of the program that belong to a run."""
OLDER = ("journal.jsonl", "checks.txt", "checks.crc")
"""File names of older formats; a run of the same name replaces them."""


class WriteRefused(InputError):
    """The disk refused a write; the sentence says which part of the run is kept, and where."""


class RunWriter:
    """Writes one run into a folder of results."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        # One immutable value: an interruption between two statements leaves the old or the new one.
        self._tally = Tally()
        self._folder: Path | None = None
        self._members: list[tuple[int, int]] = []
        """The number of the first event of each member of the journal's file, and the byte at which it begins."""
        self._past: Journal | None = None
        """The events on disk that a resumed run must record again before it goes on."""
        self._lock: FolderLock | None = None

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files; what was written stays."""
        for file in self._files or ():
            file.close()
        if self._lock is not None:
            self._lock.release()

    @property
    def events(self) -> int:
        """The number of events on disk."""
        return self._tally.events

    @property
    def is_behind(self) -> bool:
        """Whether a resumed run has not come to its last event on disk yet."""
        return self._past is not None

    @property
    def folder(self) -> Path:
        """The present folder of the run."""
        if self._folder is None:
            raise InvariantBroken("the run writer has no folder before the first event is written")
        return self._folder

    @classmethod
    def reopened(cls, folder: Path, tally: Tally, past: Journal, lock: FolderLock) -> RunWriter:
        """A writer that goes on with the files in this folder, once the run has come to their end again."""
        writer = cls(folder.parent)
        writer._lock = lock
        writer._folder, writer._tally, writer._past, writer._members = folder, tally, past, [(0, 0)]
        writer._files = (folder / JOURNAL).open("r+b", buffering=0), (folder / CHAIN).open("r+b", buffering=0)
        return writer

    def begin(self, journal: Journal) -> None:
        """Write the first events before the run does anything outside this program, so that it can be resumed."""
        self.epoch(journal, 0)

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Append the events since the last call; `simulate` calls this after each epoch."""
        try:
            if self._append(journal):
                self._describe(self._tally.manifest("", finished=False))
        except OSError as refused:
            raise self._refusal(refused) from refused

    def finish(self, journal: Journal, conclusion: str = "", name: str = "") -> Manifest:
        """Append the rest, close the files, and rename the folder (default: `run_name`)."""
        try:
            self._append(journal)
            if self._past is not None:
                raise WriteRefused(f"{self.folder} was ended before it came to where it had been; nothing was written")
            manifest = self._tally.manifest(conclusion, finished=True)
            self._close()
            self._describe(manifest, lasting=True)
            target = self._results / (name or run_name(manifest))
            self._move(target, manifest)
        except OSError as refused:
            raise self._refusal(refused) from refused
        return manifest

    # ---- reading ------------------------------------------------------------------------------------------------

    def read(self, first: int, end: int, kind: type[Event] | None = None) -> Iterator[Event]:
        """The events on disk from one number up to, and without, another; of one type, if one is given."""
        if first >= end:
            return
        number, place = self._members[bisect_right(self._members, (first, self._tally.size)) - 1]
        begins = b"" if kind is None else beginning(kind)
        try:
            for text in texts(self.folder / JOURNAL, place):
                lines = text.splitlines()
                wanted = lines[max(0, first - number) : end - number]
                yield from (decode(line) for line in wanted if line.startswith(begins))
                number += len(lines)
                if number >= end:
                    return  # what follows is perhaps being written
        except OSError as refused:
            raise InputError(f"{self.folder / JOURNAL} cannot be read: {refused.strerror}") from refused

    # ---- inside -------------------------------------------------------------------------------------------------

    def _append(self, journal: Journal) -> bool:
        if self._past is not None and not self._is_past(journal, self._past):
            return False
        if self._files is None:
            self._open(journal)
        before = self._tally.events
        while events := journal.between(self._tally.events, self._tally.events + MOST_AT_ONCE):
            self._append_member(events)
        return self._tally.events > before

    def _append_member(self, events: Sequence[Event]) -> None:
        tally = self._tally
        text = encode_lines(events)
        stored = packed(text)
        after, chain = tally.written(text.splitlines(keepends=True), stored)
        after = after.counted(events)
        for file, place, data in zip(
            self._files or (), (tally.size, tally.events * LINK_BYTES), (stored, chain), strict=True
        ):
            _write_at(file, place, data)
        if not self._members or self._members[-1][0] < tally.events:  # otherwise it was interrupted right here
            self._members.append((tally.events, tally.size))
        self._tally = after

    def _is_past(self, journal: Journal, past: Journal) -> bool:
        """Whether a resumed run has come to the end of its past; OtherCourse if it took another one."""
        if len(journal) < len(past):
            return False
        again = journal.between(0, len(past))
        differs = next((number for number, event in enumerate(past) if event != again[number]), None)
        if differs is not None:
            raise OtherCourse(
                f"{self.folder} cannot be resumed: event {differs} is another one now, so the program, the scenario or "
                "a strategy has changed since; nothing was written"
            )
        self._past = None
        return True

    def _open(self, journal: Journal) -> None:
        start = journal[0] if len(journal) else None
        if not isinstance(start, RunStarted):
            raise InvariantBroken(f"the first event of a run is RunStarted, found {start!r}")
        self._folder = _own_folder(self._results, f"{start.scenario}-seed{start.seed}-unfinished")
        self._lock = FolderLock(self._folder)
        journal_path, chain_path = self.folder / JOURNAL, self.folder / CHAIN
        self._files = journal_path.open("wb", buffering=0), chain_path.open("wb", buffering=0)

    def _close(self) -> None:
        """Truncate both files to the events that count: an interrupted append may have left bytes after them."""
        for file, size in zip(self._files or (), (self._tally.size, self._tally.events * LINK_BYTES), strict=True):
            file.truncate(size)
            os.fsync(file.fileno())
            file.close()

    def _describe(self, manifest: Manifest, lasting: bool = False) -> None:
        """Write the manifest atomically."""
        path = self.folder / MANIFEST
        beside = path.with_name(path.name + ".part")
        with beside.open("wb", buffering=0) as file:
            _write_at(file, 0, manifest_bytes(manifest))
            if lasting:
                os.fsync(file.fileno())
        os.replace(beside, path)

    def _move(self, target: Path, manifest: Manifest) -> None:
        """Rename the folder; a folder with this name holds the same run, or an older one."""
        place = self.folder
        try:
            os.rename(place, target)
        except OSError:
            if not target.is_dir():
                raise
            # The same run, written epoch by epoch, has the same bytes, so two programs that do this at once do not
            # harm each other. An older run loses its manifest first: after a crash in between, the folder counts as
            # no run.
            old, new = target / MANIFEST, manifest_bytes(manifest)
            if not old.exists() or old.read_bytes() != new:
                old.unlink(missing_ok=True)
            for name in (JOURNAL, CHAIN, MANIFEST):
                os.replace(place / name, target / name)
            for name in BESIDE:
                if (place / name).exists():
                    os.replace(place / name, target / name)
            for name in OLDER:
                (target / name).unlink(missing_ok=True)
            shutil.rmtree(place, ignore_errors=True)
        self._folder = target
        _sync_folder(target)
        _sync_folder(target.parent)

    def _refusal(self, refused: OSError) -> WriteRefused:
        reason = refused.strerror or str(refused)
        if self._tally.events == 0:
            return WriteRefused(f"expected a folder to write to, but {self._results} refused: {reason}")
        return WriteRefused(
            f"the run cannot be written any further: {reason}; {self.folder} keeps it up to epoch "
            f"{self._tally.reached} ({self._tally.events:,} events)"
        )


def run_name(manifest: Manifest) -> str:
    """The name of a run's folder."""
    return f"{manifest.scenario}-seed{manifest.seed}-{shortened(manifest.fingerprint)}"


def _own_folder(results: Path, name: str) -> Path:
    """A new folder; concurrent runs of one scenario and seed get one each."""
    number = 1
    while True:
        folder = results / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def _write_at(file: BinaryIO, place: int, data: bytes) -> None:
    """Write all the data from this byte on; the system may accept it in pieces."""
    file.seek(place)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    """Flush a rename to the disk, where the system can open a folder."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
