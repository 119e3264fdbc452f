"""The run library: an index of the runs in the results folder, and a cache of open runs.

The command line stores its runs in the same folder, so they are in the library, too.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from market_sim.analysis.comparison import Side
from market_sim.analysis.extraction import Extraction, extractions
from market_sim.analysis.history.order_trace import Tracer
from market_sim.analysis.history.run_history import RunHistory
from market_sim.analysis.history.stepping import Stepper
from market_sim.analysis.refusals import Refusal, refusals
from market_sim.analysis.results.performance import Performance
from market_sim.analysis.results.stored import result_of
from market_sim.analysis.run_header import RunHeader, header_of
from market_sim.analysis.summary import Summary, document, summarize
from market_sim.analysis.visualization.chart import Chart
from market_sim.analysis.visualization.charts import charts_of
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.manifest import MANIFEST, Manifest, read_manifest
from market_sim.core.data.run_writer import JOURNAL
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import AnswerCompared, CommitteeSeated, RunStarted
from market_sim.ui.web.forking import Roll, roll_of

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
OPEN_RUNS = 3
"""The number of runs kept in memory; one with 300 epochs takes some 200 MB."""

T = TypeVar("T")


@dataclass(frozen=True)
class StoredRun:
    """A run in the index: its manifest, and the time of writing it, in seconds since 1970."""

    name: str
    folder: Path
    manifest: Manifest
    header: RunHeader
    written: float

    @property
    def key(self) -> tuple[str, str]:
        """The key of an open run, which differs for a replaced run."""
        return self.name, self.manifest.fingerprint


@dataclass(frozen=True)
class Damaged:
    """The folder of a run that cannot be read, and why."""

    name: str
    problem: str


class OpenRun:
    """A run read from disk, with the results computed from it so far."""

    def __init__(self, entry: StoredRun) -> None:
        archived = _read(entry)
        self.name = entry.name
        self.manifest = archived.manifest
        self.header = header_of(archived.manifest)
        self.written = entry.written
        self.cut = archived.cut
        """What is missing at the end of a run whose program was killed, as a sentence."""
        self.result = result_of(archived)
        self._lock = threading.RLock()
        self._known: dict[str, Any] = {}

    @property
    def last(self) -> int:
        """The number of its last event."""
        return len(self.result.journal) - 1

    @cached_property
    def start(self) -> RunStarted:
        """The first event of the run."""
        return next(self.result.journal.of(RunStarted))

    def once(self, name: str, work: Callable[[], T]) -> T:
        """Compute a value at its first use, once even with concurrent requests."""
        with self._lock:
            if name not in self._known:
                self._known[name] = work()
            return self._known[name]

    @property
    def summary(self) -> Summary | None:
        """The summary; None for the replay of a check, which has no validators."""
        has_committee = next(self.result.journal.of(CommitteeSeated), None) is not None
        return self.once("summary", lambda: summarize(self.result) if has_committee else None)

    @property
    def performances(self) -> list[Performance]:
        """The performance of each account."""
        return self.once("performances", lambda: self.result.performances)

    @property
    def extracted(self) -> list[Extraction]:
        """What the order of calls and orders gave and took."""
        return self.once("extracted", lambda: extractions(self.result.journal))

    @property
    def refusals(self) -> list[Refusal]:
        """The refusals by reason."""
        return self.once("refusals", lambda: self.summary.refusals if self.summary else refusals(self.result.journal))

    @property
    def compared(self) -> list[tuple[int, AnswerCompared]]:
        """The comparisons of an answer with the right result, with event numbers; only replays of checks have any."""
        return self.once(
            "compared",
            lambda: [(at, one) for at, one in enumerate(self.result.journal) if isinstance(one, AnswerCompared)],
        )

    @property
    def words(self) -> Words:
        """The formatting of its numbers."""
        return self.once("words of the numbers", lambda: Words(self.result.journal))

    @property
    def side(self) -> Side:
        """Its side of a comparison."""
        told = document(self.summary, self.name, None) if self.summary else {}
        split = self.summary.split if self.summary else ""
        return Side(self.header, told, self.performances, self.words, self.result.conclusion, split)

    @property
    def history(self) -> RunHistory:
        """Its history, the data of charts, steps and traces."""
        return self.once("history", lambda: RunHistory(self.result.journal))

    @property
    def charts(self) -> list[Chart]:
        """Its charts."""
        return self.once("charts", lambda: charts_of(self.history))

    @property
    def roll(self) -> Roll:
        """Who and what it has, and its inputs."""
        return self.once("roll", lambda: roll_of(self.result.journal))

    @property
    def tracer(self) -> Tracer:
        """The tracer of its orders and trades."""
        return self.once("tracer", lambda: Tracer(self.result.journal, self.history.books))

    @property
    def stepper(self) -> Stepper:
        """Its state as of any event."""
        return self.once("stepper", lambda: Stepper(self.result.journal, self.history.books))


class RunLibrary:
    """The runs of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._index: dict[Path, tuple[tuple[int, int], StoredRun | Damaged]] = {}
        self._open: OrderedDict[tuple[str, str], OpenRun] = OrderedDict()
        self._reading: dict[tuple[str, str], threading.Lock] = {}

    def entries(self) -> list[StoredRun]:
        """The readable runs, partial ones included, the newest first."""
        found = [entry for entry in self._look() if isinstance(entry, StoredRun)]
        return sorted(found, key=lambda entry: (-entry.written, entry.name))

    def damaged(self) -> list[Damaged]:
        """The runs that cannot be read, by name."""
        return sorted((one for one in self._look() if isinstance(one, Damaged)), key=lambda one: one.name)

    def find(self, name: str) -> StoredRun | None:
        """The run with this name."""
        return next((entry for entry in self.entries() if entry.name == name), None)

    def has_open(self, entry: StoredRun) -> bool:
        """Whether the run is in memory."""
        with self._lock:
            return entry.key in self._open

    def open(self, entry: StoredRun) -> OpenRun:
        """Open a run: from memory, or from disk."""
        key = entry.key
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            with self._lock:
                if key in self._open:
                    self._open.move_to_end(key)
                    return self._open[key]
            run = OpenRun(entry)
            with self._lock:
                self._open[key] = run
                while len(self._open) > OPEN_RUNS:
                    self._open.popitem(last=False)
                self._reading.pop(key, None)
            return run

    def _look(self) -> list[StoredRun | Damaged]:
        """The index of the folder, updated where it has changed."""
        with self._lock:
            found = {}
            for path in self.folder.glob(f"*/{MANIFEST}"):
                if not NAME.fullmatch(path.parent.name):
                    continue
                try:
                    state = path.stat()
                except OSError:  # it was deleted meanwhile
                    continue
                written = state.st_mtime_ns, _size(path.with_name(JOURNAL))
                known = self._index.get(path)
                found[path] = known if known and known[0] == written else (written, _entry(path, state.st_mtime))
            self._index = found
            return [one for _, one in found.values()]


def _entry(path: Path, written: float) -> StoredRun | Damaged:
    """The index entry of one folder."""
    folder = path.parent
    try:
        manifest = read_manifest(folder)
    except InputError as problem:
        return Damaged(folder.name, _without_path(folder, problem))
    size = _size(folder / JOURNAL)
    if size < 0 or (manifest.finished and size != manifest.size):
        found = "cannot be read" if size < 0 else f"has {size:,} bytes, expected {manifest.size:,}"
        return Damaged(folder.name, f"{folder.name}/{JOURNAL} {found}")
    return StoredRun(folder.name, folder, manifest, header_of(manifest), written)


def _size(path: Path) -> int:
    """The size of a file in bytes; -1 when there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _read(entry: StoredRun) -> archive.Archived:
    try:
        return archive.load(entry.folder)
    except InputError as problem:
        raise InputError(f"run {entry.name} cannot be shown: {_without_path(entry.folder, problem)}") from None


def _without_path(folder: Path, problem: InputError) -> str:
    """A sentence without the path on this machine (W11)."""
    return str(problem).replace(str(folder), folder.name)
