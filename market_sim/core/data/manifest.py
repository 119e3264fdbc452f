"""The manifest of a stored run: its scenario, progress and conclusion, and the digests of its files.

Everything in it follows from the journal, except the conclusion, which only the scenario can draw, and the size and
digest of the file, which depend on how often it was written. It holds nothing of the machine or the wall clock, so the
same run stored in the same way gives the same bytes; the time of a run is the modification time of its manifest. The
last field is a digest of all others, and the reader accepts only the exact bytes that this program would write.
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
from market_sim.core.models.settlement_events import SettlementOpened, StateReached
from market_sim.core.version import VERSION

MANIFEST = "manifest.json"
FORMAT = 3
"""The version of the file format, increased when an older program cannot read the files; 2 had no compression."""
UNSIGNED_32 = "I"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)
"""The errors of msgspec for bytes that are no JSON or no UTF-8, nested too deeply, or a number that is too long."""

Parameters = dict[str, int | float | str | bool | None]
Options = dict[str, int | str | bool | None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """One run in a list of runs, and the digests of its files."""

    format: int = FORMAT
    version: str = VERSION
    scenario: str
    seed: int
    epochs: int
    """The number of planned epochs."""
    reached: int
    """The last epoch that began."""
    complete: bool
    """Whether the run reached its planned end."""
    finished: bool
    """Whether its files were closed; if not, the program was killed or still runs."""
    parameters: Parameters
    options: Options
    """The options beside the scenario; None leaves the scenario's own choice."""
    validators: int
    """The number of validators; 0 for a journal without a committee."""
    byzantine: tuple[int, ...]
    """The byzantine validators."""
    settlement: str
    """The backend that settles trades, or "none"."""
    conclusion: str
    events: int
    size: int
    """The size of the events in the journal's file, in bytes."""
    stored: str
    """The digest of these bytes."""
    fingerprint: str
    checks: str
    """The digest of the file with the checksum of each line."""
    states: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    """The digest of the last state that each validator reached, where each executed final blocks for itself."""
    seal: str = ""
    """The digest of everything above."""


# Deterministic as in the journal: a run that was read and is written again has the same bytes.
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
    """The manifest in this folder; a damaged one raises an error with one sentence."""
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
    """The file of checks: the CRC-32 of each line of the journal, little-endian."""
    checks = array(UNSIGNED_32, map(crc32, lines))
    if sys.byteorder == "big":
        checks.byteswap()
    return checks.tobytes()


class Tally:
    """The running totals for a manifest; adding events returns a new tally and leaves this one unchanged."""

    def __init__(self) -> None:
        self.events = 0
        self.size = 0
        """The size of these events in the journal's file, in bytes."""
        self.start: RunStarted | None = None
        self._sha = hashlib.sha256()
        self._stored = hashlib.sha256()
        self._checks = hashlib.sha256()
        self._seated: CommitteeSeated | None = None
        self._settlement = "none"
        self.reached = 0
        self._complete = False
        self._states: dict[str, str] = {}

    def written(self, text: bytes, stored: bytes, checks: bytes) -> Tally:
        """The tally after these lines were added to the files: their text, compressed bytes and checks."""
        after = self._copy()
        after._sha, after._stored, after._checks = self._sha.copy(), self._stored.copy(), self._checks.copy()
        after.size += len(stored)
        after._sha.update(text)
        after._stored.update(stored)
        after._checks.update(checks)
        return after

    def counted(self, events: Sequence[Event]) -> Tally:
        """The tally after these events."""
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
        """The manifest with these totals."""
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
            states=dict(sorted(self._states.items())) or msgspec.UNSET,
        )

    def _note(self, events: Sequence[Event]) -> None:
        if self.start is None and events and isinstance(events[0], RunStarted):
            self.start = events[0]
        for event in compress(events, map(_COUNTED.__contains__, map(type, events))):
            if isinstance(event, EpochStarted):
                self.reached = event.epoch
            elif isinstance(event, CommitteeSeated):
                self._seated = event
            elif isinstance(event, SettlementOpened):
                self._settlement = event.backend
            elif isinstance(event, StateReached):
                self._states[f"n{event.validator}"] = event.state
            elif isinstance(event, RunEnded):
                self._complete = event.complete

    def _copy(self) -> Tally:
        after = Tally()
        after.__dict__.update(self.__dict__)
        after._states = dict(self._states)
        return after


_COUNTED = frozenset((EpochStarted, CommitteeSeated, SettlementOpened, StateReached, RunEnded))
