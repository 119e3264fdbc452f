"""The archive: saves a run as a folder on disk and loads it again.

* `journal.jsonl.gz`  one event on each line, compressed; the SHA-256 of the lines is the run's fingerprint
* `checks.crc`        the CRC-32 of each line, to locate damage
* `manifest.json`     the scenario, the progress and the conclusion of the run, and the digests of the other two files

A run is written while it goes (market_sim/core/data/run_writer.py). If the program was killed, the reader loads the run
up to the last epoch that was written completely. It refuses any other difference from what was written, in one
sentence that names the file and, if possible, the line.
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import msgspec

from market_sim.core.data.codec import decode, decode_lines
from market_sim.core.data.finished_journal import FinishedJournal
from market_sim.core.data.journal import Journal
from market_sim.core.data.manifest import MANIFEST, UNREADABLE, Manifest, Tally, check_lines, read_manifest
from market_sim.core.data.packing import CUT_SHORT, packed, unpacked
from market_sim.core.data.run_writer import CHECK_BYTES, CHECKS, JOURNAL, RunWriter
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
    manifest = read_manifest(folder)
    stored, checks = _read(folder / JOURNAL), _read(folder / CHECKS)
    cut = ""
    if not manifest.finished:
        stored, checks, cut, manifest = _whole_part(folder, stored, checks, manifest)
    text, broken = unpacked(stored)
    files = Tally().written(text, stored, checks)
    if broken or files.fingerprint != manifest.fingerprint:
        raise InputError(_damage(folder, len(stored), text, broken, checks, manifest))
    if files.stored != manifest.stored:
        raise InputError(
            f"{folder / JOURNAL} is damaged: lines 1 to {manifest.events} can be read, but it is not the file that "
            f"was written"
        )
    if files.checks != manifest.checks:
        raise InputError(_damaged_checks(folder, text, checks, manifest))
    events = _events(folder / JOURNAL, text)
    tally = files.counted(events)
    if tally.start is None:
        raise InputError(f"{folder / JOURNAL}, line 1: the first event of a run is RunStarted, found {events[:1]}")
    found = tally.manifest(manifest.conclusion, manifest.finished)
    if msgspec.structs.replace(found, version=manifest.version, seal=manifest.seal) != manifest:
        raise InputError(f"{folder / MANIFEST} was changed: it does not describe the run in {JOURNAL} beside it")
    return Archived(manifest, FinishedJournal(events), cut)


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


def _whole_part(folder: Path, stored: bytes, checks: bytes, manifest: Manifest) -> tuple[bytes, bytes, str, Manifest]:
    """The readable part of an unfinished run: up to its manifest, or what is left of it; and a sentence on the rest."""
    if len(stored) >= manifest.size:
        extra = len(stored) - manifest.size
        cut = f"{extra:,} bytes after the last whole epoch were cut off" if extra else ""
        return stored[: manifest.size], checks[: manifest.events * CHECK_BYTES], cut, manifest
    # The disk lost the end of the file: every line that is left must match its check.
    text, broken = unpacked(stored)
    if broken not in ("", CUT_SHORT):
        raise InputError(_damage(folder, manifest.size, text, broken, checks, manifest))
    lines = text.splitlines(keepends=True)
    whole = lines[:-1] if lines and not lines[-1].endswith(b"\n") else lines
    left = min(len(whole), len(checks) // CHECK_BYTES)
    lines, checks = whole[:left], checks[: left * CHECK_BYTES]
    wrong = _first_difference(lines, checks)
    if wrong or not left:
        raise InputError(_line_damage(folder / JOURNAL, wrong or 1, manifest))
    kept = b"".join(lines)
    events, stored = _events(folder / JOURNAL, kept), packed(kept)
    shorter = Tally().written(kept, stored, checks).counted(events).manifest("", finished=False)
    shorter = msgspec.structs.replace(shorter, version=manifest.version)
    torn = f"line {left + 1} of {manifest.events} is torn or missing"
    return stored, checks, f"{torn}: the run ends before it", shorter


def _damage(folder: Path, size: int, text: bytes, broken: str, checks: bytes, manifest: Manifest) -> str:
    """One sentence about a damaged journal: the line and what is wrong with it."""
    path = folder / JOURNAL
    lines = text.splitlines(keepends=True)
    wrong = _first_difference(lines, checks)
    if lines and not wrong and not broken and len(checks) == len(lines) * CHECK_BYTES:
        return f"{path} and {CHECKS} agree, but {MANIFEST} beside them is another: it belongs to another run"
    if hashlib.sha256(checks).hexdigest() != manifest.checks:
        return f"{path} is damaged, and so is {CHECKS} beside it, which would say in which line"
    torn = lines and not lines[-1].endswith(b"\n")
    if wrong and not (torn and wrong == len(lines)):
        return _line_damage(path, wrong, manifest)
    if broken and size >= manifest.size:
        number = min(len(lines) + (not torn), manifest.events)
        return f"{path} is damaged from line {number} of {manifest.events} on: {broken}"
    if torn:
        return f"{path} ends in the middle of line {len(lines)} of {manifest.events}: its tail is torn off"
    if len(lines) > manifest.events:
        return f"{path} has {len(lines)} lines, expected {manifest.events}: line {manifest.events + 1} was added"
    return f"{path} ends after line {len(lines)} of {manifest.events}: its tail is missing"


def _damaged_checks(folder: Path, text: bytes, checks: bytes, manifest: Manifest) -> str:
    """One sentence about damaged checks beside a sound journal."""
    path = folder / CHECKS
    right = check_lines(text.splitlines(keepends=True))
    for number, (found, expected) in enumerate(zip(_split(checks), _split(right), strict=False), start=1):
        if found != expected:
            return f"{path}, line {number} of {manifest.events} is damaged; {JOURNAL} beside it is whole"
    sizes = f"{len(checks):,} bytes, expected {len(right):,}"
    return f"{path} has {sizes}: it was cut or added to; {JOURNAL} beside it is whole"


def _line_damage(path: Path, number: int, manifest: Manifest) -> str:
    return f"{path}, line {number} of {manifest.events} is damaged: it is not the line that was written"


def _first_difference(lines: list[bytes], checks: bytes) -> int:
    """The number of the first line that differs from its check; 0 if all agree."""
    for number, (line, check) in enumerate(zip(lines, _split(checks), strict=False), start=1):
        if check != zlib.crc32(line).to_bytes(CHECK_BYTES, "little"):
            return number
    return 0


def _split(checks: bytes) -> list[bytes]:
    return [checks[place : place + CHECK_BYTES] for place in range(0, len(checks), CHECK_BYTES)]
