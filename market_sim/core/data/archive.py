"""The archive: saves a run as a folder on disk and loads it again.

* `journal.jsonl.gz`  one event on each line, compressed; the SHA-256 of the lines is the run's fingerprint
* `journal.chain`     the hash chain: for each line the digest of all lines up to it, which locates a difference
* `manifest.json`     the scenario, the progress and the conclusion of the run, and the digests of the other two files

A run is written while it goes (market_sim/core/data/run_writer.py). If the program was killed, the reader loads the run
up to the last epoch that was written completely. It refuses any other difference from what was written, in one
sentence that names the file and, if possible, the line.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from market_sim.core.data.chain import CHAIN, LINK_BYTES, first_difference
from market_sim.core.data.codec import decode, decode_lines
from market_sim.core.data.damage import damaged_chain, damaged_journal, damaged_line, other_head
from market_sim.core.data.finished_journal import FinishedJournal
from market_sim.core.data.folder_lock import FolderLock
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, UNREADABLE, Manifest, Tally, read_manifest
from market_sim.core.data.packing import CUT_SHORT, packed, unpacked
from market_sim.core.data.run_writer import JOURNAL, RunWriter
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.version import VERSION


class Archived(msgspec.Struct, frozen=True):
    """A run that was read from disk."""

    manifest: Manifest
    journal: Journal
    cut: str = ""
    """A sentence about the part that was left out of an unfinished run; empty if nothing was."""


def save(journal: Journal, folder: Path, conclusion: str = "") -> Manifest:
    """Write a run into a folder; the folder is created if necessary, and an older run in it is replaced."""
    return RunWriter(folder.parent).finish(journal, conclusion, folder.name)


def load(folder: Path) -> Archived:
    """Read a run, and verify that it is the run that was written."""
    return _loaded(folder)[0]


def reopen(folder: Path) -> tuple[Archived, RunWriter]:
    """Read a run that did not come to its end, and a writer that goes on with it; InputError while another does."""
    lock = FolderLock(folder)
    try:
        found, tally, stored, chain = _loaded(folder)
        for name, data in ((JOURNAL, stored), (CHAIN, chain)):
            # Only where the disk has lost the end of a file does it hold other bytes than these.
            if (folder / name).read_bytes()[: len(data)] != data:
                (folder / name).write_bytes(data)
        return found, RunWriter.reopened(folder, tally, found.journal, lock)
    except BaseException:
        lock.release()
        raise


def _loaded(folder: Path) -> tuple[Archived, Tally, bytes, bytes]:
    manifest = read_manifest(folder)
    stored, chain = _read(folder / JOURNAL), _read(folder / CHAIN)
    cut = ""
    if not manifest.finished:
        stored, chain, cut, manifest = _whole_part(folder, stored, chain, manifest)
    text, broken = unpacked(stored)
    files = Tally().read(text, stored, chain)
    if broken or files.fingerprint != manifest.fingerprint:
        raise InputError(damaged_journal(folder / JOURNAL, len(stored), text, broken, chain, manifest))
    if files.stored != manifest.stored:
        raise InputError(
            f"{folder / JOURNAL} is damaged: lines 1 to {manifest.events} can be read, but it is not the file that "
            f"was written"
        )
    if files.chain != manifest.chain:
        raise InputError(damaged_chain(folder / CHAIN, text, chain, manifest))
    if not chain.endswith(bytes.fromhex(files.fingerprint)[:LINK_BYTES]):
        raise InputError(other_head(folder / JOURNAL, text, chain, manifest))
    events = _events(folder / JOURNAL, text)
    tally = files.counted(events)
    if tally.start is None:
        raise InputError(f"{folder / JOURNAL}, line 1: the first event of a run is RunStarted, found {events[:1]}")
    found = tally.manifest(manifest.conclusion, manifest.finished)
    if msgspec.structs.replace(found, version=manifest.version, seal=manifest.seal) != manifest:
        raise InputError(f"{folder / MANIFEST} was changed: it does not describe the run in {JOURNAL} beside it")
    return Archived(manifest, FinishedJournal(events), cut), tally, stored, chain


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise InputError(f"expected a stored run, but {path} cannot be read: {refused.strerror}") from refused


def _events(path: Path, text: bytes) -> list[Event]:
    """The event of every line. The lines are decoded at once, and one by one only to find the unreadable one."""
    try:
        events = decode_lines(text)
    except UNREADABLE as error:
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                decode(line)
            except UNREADABLE as found:
                raise InputError(f"{path}, line {number}: version {VERSION} cannot read this event: {found}") from found
        raise InputError(f"{path}: version {VERSION} cannot read these events: {error}") from error
    # The decoder skips empty lines and also ends a line at a carriage return, neither of which is ever written.
    if text.count(b"\n") != len(events) or b"\r" in text:
        lines = len(text.splitlines())
        raise InputError(f"{path} has {lines} lines and {len(events)} events, expected one event on each line")
    return events


def _whole_part(folder: Path, stored: bytes, chain: bytes, manifest: Manifest) -> tuple[bytes, bytes, str, Manifest]:
    """The readable part of an unfinished run: up to its manifest, or what is left of it; and a sentence on the rest."""
    if len(stored) >= manifest.size:
        extra = len(stored) - manifest.size
        cut = f"{extra:,} bytes after the last whole epoch were cut off" if extra else ""
        return stored[: manifest.size], chain[: manifest.events * LINK_BYTES], cut, manifest
    # The disk lost the end of the file: every line that is left must match its link.
    text, broken = unpacked(stored)
    if broken not in ("", CUT_SHORT):
        raise InputError(damaged_journal(folder / JOURNAL, manifest.size, text, broken, chain, manifest))
    lines = text.splitlines(keepends=True)
    whole = lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines
    left = min(len(whole), len(chain) // LINK_BYTES)
    lines, chain = whole[:left], chain[: left * LINK_BYTES]
    wrong = first_difference(lines, chain)
    if wrong or not left:
        # Lines after the damage are lost anyway, so their number says nothing.
        raise InputError(f"{folder / JOURNAL}, {damaged_line(wrong or 1, manifest.events)}")
    kept = b"".join(lines)
    events, stored = _events(folder / JOURNAL, kept), packed(kept)
    shorter = Tally().read(kept, stored, chain).counted(events).manifest("", finished=False)
    shorter = msgspec.structs.replace(shorter, version=manifest.version)
    torn = f"line {left + 1} of {manifest.events} is torn or missing"
    return stored, chain, f"{torn}: the run ends before it", shorter
