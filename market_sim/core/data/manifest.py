"""The manifest of a stored run: its scenario, progress and conclusion, and the digests of its files.

Everything in it follows from the journal, except the conclusion, which only the scenario can draw, and the size and
digest of the file, which depend on how often it was written. It holds nothing of the machine or the wall clock, so the
same run stored in the same way gives the same bytes; the time of a run is the modification time of its manifest. The
last field is a digest of all others, and the reader accepts only the exact bytes that this program would write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import compress
from pathlib import Path
from typing import Any

import msgspec

from market_sim.core.data.chain import Sha, links
from market_sim.core.data.splits import Split, noted, typed
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.consensus_events import EpochStarted, NetworkFault
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened, StateReached
from market_sim.core.version import VERSION

MANIFEST = "manifest.json"
FORMAT = 4
"""The version of the file format, increased when an older program cannot read the files."""
OLDER_FORMATS = {2: "without compression", 3: "without a hash chain"}
"""What the runs of older formats lack."""
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
    chain: str
    """The digest of the file of links; the head of the chain is the fingerprint."""
    states: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    """The digest of the last state that each validator reached, where each executed final blocks for itself."""
    splits: str | msgspec.UnsetType = msgspec.UNSET
    """The splits of the network as they are typed, where there were any: also those that the scenario chose."""
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
        lack = f" ({OLDER_FORMATS[found.format]})" if found.format in OLDER_FORMATS else ""
        raise InputError(
            f"{path} has format {found.format}{lack}, written by version {found.version}; this program "
            f"(version {VERSION}) reads format {FORMAT}: play the run again with its seed"
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


class Tally:
    """The running totals for a manifest; adding events returns a new tally and leaves this one unchanged."""

    def __init__(self) -> None:
        self.events = 0
        self.size = 0
        """The size of these events in the journal's file, in bytes."""
        self.start: RunStarted | None = None
        self._head: Sha = hashlib.sha256()
        self._stored: Sha = hashlib.sha256()
        self._chain: Sha = hashlib.sha256()
        self._seated: CommitteeSeated | None = None
        self._settlement = "none"
        self.reached = 0
        self._complete = False
        self._states: dict[str, str] = {}
        self._splits: tuple[Split, ...] = ()

    def written(self, lines: Sequence[bytes], stored: bytes) -> tuple[Tally, bytes]:
        """The tally after these lines were added to the journal's file as these bytes; and their links."""
        after = self._copy()
        after._head = self._head.copy()
        chain = links(after._head, lines)
        after._add(stored, chain)
        return after, chain

    def read(self, text: bytes, stored: bytes, chain: bytes) -> Tally:
        """The tally after the files were read: the text of the journal, its stored bytes, and the links."""
        after = self._copy()
        after._head = self._head.copy()
        after._head.update(text)
        after._add(stored, chain)
        return after

    def counted(self, events: Sequence[Event]) -> Tally:
        """The tally after these events."""
        after = self._copy()
        after.events += len(events)
        after._note(events)
        return after

    @property
    def fingerprint(self) -> str:
        """The digest of the lines: the head of the chain."""
        return self._head.hexdigest()

    @property
    def stored(self) -> str:
        """The digest of the journal's file."""
        return self._stored.hexdigest()

    @property
    def chain(self) -> str:
        """The digest of the file of links."""
        return self._chain.hexdigest()

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
            chain=self.chain,
            states=dict(sorted(self._states.items())) or msgspec.UNSET,
            splits=typed(self._splits) or msgspec.UNSET,
        )

    def _add(self, stored: bytes, chain: bytes) -> None:
        self._stored, self._chain = self._stored.copy(), self._chain.copy()
        self.size += len(stored)
        self._stored.update(stored)
        self._chain.update(chain)

    def _note(self, events: Sequence[Event]) -> None:
        if self.start is None and events and isinstance(events[0], RunStarted):
            self.start = events[0]
        for event in compress(events, map(_COUNTED.__contains__, map(type, events))):
            self._splits = noted(self._splits, event)
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


_COUNTED = frozenset((EpochStarted, NetworkFault, CommitteeSeated, SettlementOpened, StateReached, RunEnded))
