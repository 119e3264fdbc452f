"""The manifest of a stored run: what was run, how far it came, what came of it, and what its files must be like.

Everything in it follows from the journal, except the conclusion, which only the scenario can draw. Nothing of the
machine or the wall clock goes in, so the same run always makes the same bytes; when a run was made is the time of its
manifest in the file system. The last field is a digest of all others: a manifest is read only when it is, byte for
byte, what this program writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import msgspec

from market_sim.core.data.fingerprint import AREAS
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Area, Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.core.version import VERSION

if TYPE_CHECKING:
    from hashlib import _Hash

MANIFEST = "manifest.json"
FORMAT = 2
"""Raised when an older program could no longer read the files."""
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
    """How many bytes of the journal they are."""
    fingerprint: str
    digests: dict[Area, str]
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
    """The file of checksums: the CRC-32 of each line of the journal."""
    return b"".join(map(b"%08x\n".__mod__, map(crc32, lines)))


class Tally:
    """What a manifest says about the first events of a run; adding more gives another tally and leaves this one."""

    def __init__(self) -> None:
        self.events = 0
        self.size = 0
        """How many bytes of the journal they are."""
        self.start: RunStarted | None = None
        self._sha = hashlib.sha256()
        self._checks = hashlib.sha256()
        self._areas: dict[Area, _Hash] = {area: hashlib.sha256() for area in AREAS}
        self._seated: CommitteeSeated | None = None
        self._settlement = "none"
        self.reached = 0
        self._complete = False

    def added(self, lines: Sequence[bytes], events: Sequence[Event], text: bytes, checks: bytes) -> Tally:
        """The tally with these events as well; each line is one event, text and checks are what the files get."""
        after = Tally()
        after.__dict__.update(self.__dict__)
        after._sha, after._checks = self._sha.copy(), self._checks.copy()
        after._areas = {area: sha.copy() for area, sha in self._areas.items()}
        after.events += len(events)
        after.size += len(text)
        after._sha.update(text)
        after._checks.update(checks)
        after._digest_areas(lines, events, text)
        after._note(events)
        return after

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
            fingerprint=self._sha.hexdigest(),
            digests={area: sha.hexdigest() for area, sha in self._areas.items()},
            checks=self._checks.hexdigest(),
        )

    def _digest_areas(self, lines: Sequence[bytes], events: Sequence[Event], text: bytes) -> None:
        """Neighbours of one area are digested at once: a run has far fewer changes of area than events."""
        view, area = memoryview(text), AREAS[0]
        begin = end = 0
        for line, event in zip(lines, events, strict=True):
            if event.area != area:
                self._areas[area].update(view[begin:end])
                begin, area = end, event.area
            end += len(line)
        self._areas[area].update(view[begin:end])

    def _note(self, events: Sequence[Event]) -> None:
        if self.start is None and events and isinstance(events[0], RunStarted):
            self.start = events[0]
        for event, kind in zip(events, map(type, events), strict=True):
            if kind in _TOLD:
                if isinstance(event, EpochStarted):
                    self.reached = event.epoch
                elif isinstance(event, CommitteeSeated):
                    self._seated = event
                elif isinstance(event, SettlementOpened):
                    self._settlement = event.backend
                elif isinstance(event, RunEnded):
                    self._complete = event.complete


_TOLD = frozenset((EpochStarted, CommitteeSeated, SettlementOpened, RunEnded))
