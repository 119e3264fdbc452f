"""The library: the runs in the results folder, found by name in an index and read when somebody looks at one.

The command line puts its runs into the same folder, so a run is seen here wherever it was started.
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

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
OPEN_RUNS = 3
"""So many runs are kept in memory: one with 300 epochs takes some 200 MB."""

T = TypeVar("T")


@dataclass(frozen=True)
class StoredRun:
    """A run in the index: what its manifest says, and when that was written, in seconds since 1970."""

    name: str
    folder: Path
    manifest: Manifest
    header: RunHeader
    written: float

    @property
    def key(self) -> tuple[str, str]:
        """What an open run is found by: a run that was replaced is another one."""
        return self.name, self.manifest.fingerprint


@dataclass(frozen=True)
class Damaged:
    """A folder that looks like a run and cannot be read: its name, and why."""

    name: str
    problem: str


class OpenRun:
    """A run that was read from disk, with whatever was worked out about it so far."""

    def __init__(self, entry: StoredRun) -> None:
        archived = _read(entry)
        self.name = entry.name
        self.manifest = archived.manifest
        self.header = header_of(archived.manifest)
        self.written = entry.written
        self.cut = archived.cut
        """What is missing at the end of a run whose program was killed, in a sentence."""
        self.result = result_of(archived)
        self._lock = threading.RLock()
        self._known: dict[str, Any] = {}

    @property
    def last(self) -> int:
        """The number of its last event."""
        return len(self.result.journal) - 1

    @cached_property
    def start(self) -> RunStarted:
        """What was run."""
        return next(self.result.journal.of(RunStarted))

    def once(self, name: str, work: Callable[[], T]) -> T:
        """Work something out at its first use; two requests at once do not do it twice."""
        with self._lock:
            if name not in self._known:
                self._known[name] = work()
            return self._known[name]

    @property
    def summary(self) -> Summary | None:
        """The run in numbers; a replay of a check has no validators and therefore no summary."""
        has_committee = next(self.result.journal.of(CommitteeSeated), None) is not None
        return self.once("summary", lambda: summarize(self.result) if has_committee else None)

    @property
    def performances(self) -> list[Performance]:
        """What each account made of it."""
        return self.once("performances", lambda: self.result.performances)

    @property
    def refusals(self) -> list[Refusal]:
        """What was refused, by reason."""
        return self.once("refusals", lambda: self.summary.refusals if self.summary else refusals(self.result.journal))

    @property
    def compared(self) -> list[tuple[int, AnswerCompared]]:
        """What an answer gave and what is right, each with its place; only the replay of a check has any."""
        return self.once(
            "compared",
            lambda: [(at, one) for at, one in enumerate(self.result.journal) if isinstance(one, AnswerCompared)],
        )

    @property
    def words(self) -> Words:
        """What its numbers are called."""
        return self.once("words of the numbers", lambda: Words(self.result.journal))

    @property
    def side(self) -> Side:
        """What it brings to a comparison."""
        told = document(self.summary, self.name, None) if self.summary else {}
        return Side(self.header, told, self.performances, self.words, self.result.conclusion)

    @property
    def history(self) -> RunHistory:
        """What its charts, steps and traces are made from."""
        return self.once("history", lambda: RunHistory(self.result.journal))

    @property
    def charts(self) -> list[Chart]:
        """All of its charts."""
        return self.once("charts", lambda: charts_of(self.history))

    @property
    def tracer(self) -> Tracer:
        """Who finds the way of an order through it."""
        return self.once("tracer", lambda: Tracer(self.result.journal, self.history.books))

    @property
    def stepper(self) -> Stepper:
        """Who stands at any event of it."""
        return self.once("stepper", lambda: Stepper(self.result.journal, self.history.books))


class RunLibrary:
    """All runs of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._index: dict[Path, tuple[tuple[int, int], StoredRun | Damaged]] = {}
        self._open: OrderedDict[tuple[str, str], OpenRun] = OrderedDict()
        self._reading: dict[tuple[str, str], threading.Lock] = {}

    def entries(self) -> list[StoredRun]:
        """Every run that can be read, the newest first; those that did not come to their end are among them."""
        found = [entry for entry in self._look() if isinstance(entry, StoredRun)]
        return sorted(found, key=lambda entry: (-entry.written, entry.name))

    def damaged(self) -> list[Damaged]:
        """Every folder that looks like a run and cannot be read, by name."""
        return sorted((one for one in self._look() if isinstance(one, Damaged)), key=lambda one: one.name)

    def find(self, name: str) -> StoredRun | None:
        """The run of this name."""
        return next((entry for entry in self.entries() if entry.name == name), None)

    def has_open(self, entry: StoredRun) -> bool:
        """Whether it would be taken from memory."""
        with self._lock:
            return entry.key in self._open

    def open(self, entry: StoredRun) -> OpenRun:
        """Read a run, or take it from memory."""
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
        """Everything in the folder, read again only where it has changed."""
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
    """One folder as an entry, or what is wrong with it."""
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
    """The sentence without the place on this machine, which is no visitor's business (W11)."""
    return str(problem).replace(str(folder), folder.name)
