"""The run writer: puts a run on disk while it goes, so that whatever ends the program leaves what happened so far.

After each epoch the new events are packed and appended to the journal, their checksums to the checks, and then the
manifest is replaced: it says how many events count. What was appended after the last manifest is cut off by the
reader. Until the run is over it lies in a folder of its own, `SCENARIO-seedN-unfinished`, that no other writer has;
then the folder is renamed after the run's fingerprint. Each event is encoded once, for the file and for every digest.

A process that is killed leaves such a folder. Only `finish` waits for the disk, so a machine that loses its power may
lose more: what is left is a shorter run.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from market_sim.core.data.codec import encode
from market_sim.core.data.fingerprint import shortened
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, Manifest, Tally, check_lines, manifest_bytes
from market_sim.core.data.packing import packed
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.run_events import RunStarted

JOURNAL = "journal.jsonl.gz"
CHECKS = "checks.crc"
CHECK_BYTES = 4
"""The length of the check of a line."""
OLDER = ("journal.jsonl", "checks.txt")
"""What the files of format 2 were called; a run of the same name takes their place."""


class WriteRefused(InputError):
    """The disk took no more; the sentence says what of the run is kept, and where."""


class RunWriter:
    """Writes one run into a folder of results."""

    def __init__(self, results: Path) -> None:
        self._results = results
        self._files: tuple[BinaryIO, BinaryIO] | None = None
        # What counts, in one value: an interruption between two statements leaves the old or the new one.
        self._tally = Tally()
        self._folder: Path | None = None

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the files; what was written stays."""
        for file in self._files or ():
            file.close()

    @property
    def events(self) -> int:
        """How many events are on disk."""
        return self._tally.events

    @property
    def folder(self) -> Path:
        """Where the run lies now."""
        if self._folder is None:
            raise InvariantBroken("the run writer has no folder before the first event is written")
        return self._folder

    def epoch(self, journal: Journal, epoch: int) -> None:
        """Append what happened since the last time; this is what `simulate` calls after each epoch."""
        try:
            if self._append(journal):
                self._describe(self._tally.manifest("", finished=False))
        except OSError as refused:
            raise self._refusal(refused) from refused

    def finish(self, journal: Journal, conclusion: str = "", name: str = "") -> Manifest:
        """Append the rest, close the files, and give the folder its name: by default that of scenario and seed."""
        try:
            self._append(journal)
            manifest = self._tally.manifest(conclusion, finished=True)
            self._close()
            self._describe(manifest, lasting=True)
            target = self._results / (name or run_name(manifest))
            self._move(target, manifest)
        except OSError as refused:
            raise self._refusal(refused) from refused
        return manifest

    def _append(self, journal: Journal) -> bool:
        tally = self._tally
        events = journal.since(tally.events)
        if self._files is None:
            self._open(journal)
        elif not events:
            return False
        lines = [encode(event) + b"\n" for event in events]
        text, checks = b"".join(lines), check_lines(lines)
        stored = packed(text)
        after = tally.written(text, stored, checks).told(events)
        for file, place, data in zip(
            self._files or (), (tally.size, tally.events * CHECK_BYTES), (stored, checks), strict=True
        ):
            _write_at(file, place, data)
        self._tally = after
        return True

    def _open(self, journal: Journal) -> None:
        start = journal[0] if len(journal) else None
        if not isinstance(start, RunStarted):
            raise InvariantBroken(f"the first event of a run is RunStarted, found {start!r}")
        self._folder = _own_folder(self._results, f"{start.scenario}-seed{start.seed}-unfinished")
        journal_path, checks_path = self.folder / JOURNAL, self.folder / CHECKS
        self._files = journal_path.open("wb", buffering=0), checks_path.open("wb", buffering=0)

    def _close(self) -> None:
        """End both files where what counts ends: an interrupted append may have left something behind it."""
        for file, size in zip(self._files or (), (self._tally.size, self._tally.events * CHECK_BYTES), strict=True):
            file.truncate(size)
            os.fsync(file.fileno())
            file.close()

    def _describe(self, manifest: Manifest, lasting: bool = False) -> None:
        """Write the manifest wholly or not at all."""
        path = self.folder / MANIFEST
        beside = path.with_name(path.name + ".part")
        with beside.open("wb", buffering=0) as file:
            _write_at(file, 0, manifest_bytes(manifest))
            if lasting:
                os.fsync(file.fileno())
        os.replace(beside, path)

    def _move(self, target: Path, manifest: Manifest) -> None:
        """Give the folder its name; what is there under this name already is the same run, or an older one."""
        place = self.folder
        try:
            os.rename(place, target)
        except OSError:
            if not target.is_dir():
                raise
            # The same run, written epoch by epoch, has the same bytes, so two programs that do this at once do not
            # harm each other. Another run loses its manifest first: a crash in between leaves a folder that says that
            # it is no run.
            old, new = target / MANIFEST, manifest_bytes(manifest)
            if not old.exists() or old.read_bytes() != new:
                old.unlink(missing_ok=True)
            for name in (JOURNAL, CHECKS, MANIFEST):
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
    """A new folder; several runs of one scenario and seed at a time get one each."""
    results.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = results / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            number += 1
        else:
            return folder


def _write_at(file: BinaryIO, place: int, data: bytes) -> None:
    """Write all of it from this byte on; the system may take it in pieces."""
    file.seek(place)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _sync_folder(folder: Path) -> None:
    """Make a new name last, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
