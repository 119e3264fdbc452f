"""The manifest of a stored run: what was run, how far it came, what came of it, and what its files must be like.

Everything in it follows from the journal, except the conclusion, which only the scenario can draw, and the size and
digest of the file, which depend on how often it was written. Nothing of the machine or the wall clock goes in, so the
same run stored in the same way makes the same bytes; when a run was made is the time of its manifest in the file
system. The last field is a digest of all others: a manifest is read only when it is, byte for
byte, what this program writes.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.core.version import VERSION

MANIFEST = "manifest.json"
FORMAT = 3
"""Raised when an older program could no longer read the files; 2 was a journal that was not packed."""
UNSIGNED_32 = "I"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)
"""What msgspec raises for bytes that are no JSON, no UTF-8, nested without end, or a number without end."""

Parameters = dict[str, int | float | str | bool | None]
Options = dict[str, int | str | bool | None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One run in a list of runs, and the digests of its files."""

    format: int = FORMAT
    version: str = VERSION
    scenario: str
    seed: int
    epochs: int
    """How many epochs were asked for."""
    reached: int
    """The last epoch that began."""
    complete: bool
    """Whether the run came to its planned end."""
    finished: bool
    """Whether its files were closed; if not, the program was killed or is still running."""
    parameters: Parameters
    options: Options
    """What was chosen beside the scenario; None leaves the scenario's own choice."""
    validators: int
    """How many there are; 0 for a journal without a committee."""
    byzantine: tuple[int, ...]
    """The validators that break the rules."""
    settlement: str
    """Where trades are paid out, or "none"."""
    conclusion: str
    events: int
    size: int
    """How many bytes of the journal's file they are."""
    stored: str
    """The digest of these bytes."""
    fingerprint: str
    checks: str
    """The digest of the file with the checksum of each line."""
    seal: str = ""
    """The digest of everything above."""


# As in the journal: a run that was read and is written again has the same bytes, too.
_encode = msgspec.json.Encoder(order="deterministic").encode


class _Format(msgspec.Struct):
    format: int
    version: str = "unknown"


def manifest_bytes(manifest: Manifest) -> bytes:
    """The file of a manifest, sealed."""
    bare = msgspec.structs.replace(manifest, seal="")
    seal = hashlib.sha256(_encode(bare)).hexdigest()
    return msgspec.json.format(_encode(msgspec.structs.replace(bare, seal=seal)), indent=2) + b"\n"


def read_manifest(folder: Path) -> Manifest:
    """What the manifest in this folder says, or one sentence about why it cannot be believed."""
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as refused:
        raise InputError(f"expected a stored run, but {path} cannot be read: {refused.strerror}") from refused
    found = _decoded(path, data, _Format)
    if found.format != FORMAT:
        raise InputError(
            f"{path} has format {found.format}, written by version {found.version}; this program (version {VERSION}) "
            f"reads format {FORMAT}: play the run again with its seed"
        )
    manifest: Manifest = _decoded(path, data, Manifest)
    if manifest_bytes(manifest) != data:
        raise InputError(f"{path} is damaged: it is not what was written, its contents and its seal disagree")
    return manifest


def _decoded(path: Path, data: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except UNREADABLE as error:
        raise InputError(f"{path} is damaged: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(error).splitlines()[0]


def check_lines(lines: Sequence[bytes]) -> bytes:
    """The file of checks: the CRC-32 of each line of the journal, the lowest of its four bytes first."""
    checks = array(UNSIGNED_32, map(crc32, lines))
    if sys.byteorder == "big":
        checks.byteswap()
    return checks.tobytes()


class Tally:
    """What a manifest says about the first events of a run; adding more gives another tally and leaves this one."""

    def __init__(self) -> None:
        self.events = 0
        self.size = 0
        """How many bytes of the journal's file they are."""
        self.start: RunStarted | None = None
        self._sha = hashlib.sha256()
        self._stored = hashlib.sha256()
        self._checks = hashlib.sha256()
        self._seated: CommitteeSeated | None = None
        self._settlement = "none"
        self.reached = 0
        self._complete = False

    def written(self, text: bytes, stored: bytes, checks: bytes) -> Tally:
        """The tally of files to which these lines were added: packed as stored, and their checks."""
        after = self._copy()
        after._sha, after._stored, after._checks = self._sha.copy(), self._stored.copy(), self._checks.copy()
        after.size += len(stored)
        after._sha.update(text)
        after._stored.update(stored)
        after._checks.update(checks)
        return after

    def told(self, events: Sequence[Event]) -> Tally:
        """The tally with what these events tell."""
        after = self._copy()
        after.events += len(events)
        after._note(events)
        return after

    @property
    def fingerprint(self) -> str:
        """The digest of the lines."""
        return self._sha.hexdigest()

    @property
    def stored(self) -> str:
        """The digest of the journal's file."""
        return self._stored.hexdigest()

    @property
    def checks(self) -> str:
        """The digest of the file of checks."""
        return self._checks.hexdigest()

    def manifest(self, conclusion: str, finished: bool) -> Manifest:
        """All of it as a manifest."""
        start, seated = self.start, self._seated
        if start is None:
            raise InvariantBroken("the first event of a run is RunStarted, found another one or none")
        return Manifest(
            scenario=start.scenario,
            seed=start.seed,
            epochs=start.epochs,
            reached=self.reached,
            complete=self._complete,
            finished=finished,
            parameters=start.parameters,
            options=start.options,
            validators=0 if seated is None else seated.validators,
            byzantine=() if seated is None else seated.byzantine,
            settlement=self._settlement,
            conclusion=conclusion,
            events=self.events,
            size=self.size,
            stored=self.stored,
            fingerprint=self.fingerprint,
            checks=self.checks,
        )

    def _note(self, events: Sequence[Event]) -> None:
        if self.start is None and events and isinstance(events[0], RunStarted):
            self.start = events[0]
        for event in compress(events, map(_TOLD.__contains__, map(type, events))):
            if isinstance(event, EpochStarted):
                self.reached = event.epoch
            elif isinstance(event, CommitteeSeated):
                self._seated = event
            elif isinstance(event, SettlementOpened):
                self._settlement = event.backend
            elif isinstance(event, RunEnded):
                self._complete = event.complete

    def _copy(self) -> Tally:
        after = Tally()
        after.__dict__.update(self.__dict__)
        return after


_TOLD = frozenset((EpochStarted, CommitteeSeated, SettlementOpened, RunEnded))
