"""The archive: a finished run as a folder on disk, and the folder as the run again.

* `journal.jsonl`  one event on each line; its SHA-256 is the run's fingerprint
* `manifest.json`  what was run, and what the journal must be like; written last, so a folder with one is complete
* `checks.txt`     the CRC-32 of each line, read only when the journal is damaged, to say where

Each file is written beside its place and then renamed, so that a crash leaves the old file or the new one. Nothing
of the machine or the wall clock goes in: the same run always makes the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

import msgspec

from market_sim.core.data.codec import decode, decode_lines, encode
from market_sim.core.data.fingerprint import AREAS
from market_sim.core.data.finished_journal import FinishedJournal
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.event import Area, Event
from market_sim.core.models.run_events import RunStarted
from market_sim.core.version import VERSION

JOURNAL = "journal.jsonl"
MANIFEST = "manifest.json"
CHECKS = "checks.txt"
FORMAT = 1
"""Raised when an older program could no longer read the files."""


class Manifest(msgspec.Struct, frozen=True):
    """What was run, by which version, and what its journal must be like."""

    format: int
    version: str
    scenario: str
    seed: int
    parameters: dict[str, int | float | str | bool | None]
    events: int
    fingerprint: str
    digests: dict[Area, str]


class Archived(msgspec.Struct, frozen=True):
    """A run that was read from disk."""

    manifest: Manifest
    journal: Journal


def save(journal: Journal, folder: Path) -> Manifest:
    """Write a run into a folder, which is made when it is not there; an older run in it is replaced."""
    lines = [encode(event) + b"\n" for event in journal]
    text = b"".join(lines)
    manifest = _describe(journal, hashlib.sha256(text).hexdigest(), _digests(text, lines, journal))
    checks = "".join(f"{zlib.crc32(line):08x}\n" for line in lines)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / JOURNAL, text)
        _write(folder / CHECKS, checks.encode())
        _write(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    except OSError as refused:
        raise InputError(f"expected a folder to write to, but {folder} refused: {refused.strerror}") from refused
    return manifest


def load(folder: Path) -> Archived:
    """Read a run, and make sure that it is the run that was saved."""
    manifest = _manifest(folder / MANIFEST)
    path = folder / JOURNAL
    text = _read(path)
    if hashlib.sha256(text).hexdigest() != manifest.fingerprint:
        raise InputError(_damage(folder, text, manifest))
    lines = text.splitlines(keepends=True)
    journal = FinishedJournal(_events(path, text, lines))
    found = _describe(journal, manifest.fingerprint, _digests(text, lines, journal))
    if msgspec.structs.replace(found, version=manifest.version) != manifest:
        raise InputError(f"{folder / MANIFEST} was changed: it does not describe the run in {JOURNAL} beside it")
    return Archived(manifest, journal)


def _describe(journal: Journal, fingerprint: str, digests: dict[Area, str]) -> Manifest:
    start = journal[0] if len(journal) else None
    if not isinstance(start, RunStarted):
        raise InvariantBroken(f"the first event of a run is RunStarted, found {start!r}")
    return Manifest(FORMAT, VERSION, start.scenario, start.seed, start.parameters, len(journal), fingerprint, digests)


def _digests(text: bytes, lines: list[bytes], events: Iterable[Event]) -> dict[Area, str]:
    """The digest of each area, of the lines as they stand: to encode every event again takes as long as to read it."""
    digests = {area: hashlib.sha256() for area in AREAS}
    view, area = memoryview(text), AREAS[0]
    begin = end = 0
    for line, event in zip(lines, events, strict=True):
        if event.area != area:
            digests[area].update(view[begin:end])
            begin, area = end, event.area
        end += len(line)
    digests[area].update(view[begin:end])
    return {area: sha.hexdigest() for area, sha in digests.items()}


def _write(path: Path, data: bytes) -> None:
    """Write a file wholly or not at all."""
    beside = path.with_name(path.name + ".part")
    with open(beside, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as refused:
        raise InputError(f"expected an archived run, but {path} cannot be read: {refused.strerror}") from refused


def _manifest(path: Path) -> Manifest:
    data = _read(path)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if manifest.format != FORMAT:
        raise InputError(
            f"{path} has format {manifest.format}, written by version {manifest.version}; version {VERSION} "
            f"reads format {FORMAT}"
        )
    return manifest


def _events(path: Path, text: bytes, lines: list[bytes]) -> list[Event]:
    """Every line as its event; all at once, and one by one only to say which of them cannot be read."""
    try:
        events = decode_lines(text)
    except msgspec.DecodeError as error:
        for number, line in enumerate(lines, start=1):
            try:
                decode(line)
            except msgspec.DecodeError as found:
                raise InputError(f"{path}, line {number}: version {VERSION} cannot read this event: {found}") from found
        raise InputError(f"{path}: version {VERSION} cannot read these events: {error}") from error
    if len(lines) != len(events):
        raise InputError(f"{path} has {len(lines)} lines and {len(events)} events, expected one event on each line")
    return events


def _damage(folder: Path, text: bytes, manifest: Manifest) -> str:
    """One sentence about a journal that is not the one that was saved: which line, and what is wrong with it."""
    path = folder / JOURNAL
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        return f"{path} ends in the middle of line {len(lines)} of {manifest.events}: its tail is torn off"
    if len(lines) < manifest.events:
        return f"{path} ends after line {len(lines)} of {manifest.events}: its tail is missing"
    if len(lines) > manifest.events:
        return f"{path} has {len(lines)} lines, expected {manifest.events}: line {manifest.events + 1} was added"
    checks = _read(folder / CHECKS).decode(errors="replace").split()
    for number, (line, check) in enumerate(zip_longest(lines, checks), start=1):
        if line is None or check != f"{zlib.crc32(line):08x}":
            return f"{path}, line {number} of {manifest.events} is damaged: it is not the line that was saved"
    return f"{path} and {CHECKS} agree, but the fingerprint in {MANIFEST} is another: it belongs to another run"
