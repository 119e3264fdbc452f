"""The shelf: the runs in the results folder, found by name in an index and read when somebody looks at one.

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

import msgspec

from market_sim.analysis.comparison import Side
from market_sim.analysis.gains import Gain, gains
from market_sim.analysis.order_trace import Tracer
from market_sim.analysis.run_header import RunHeader, read_header
from market_sim.analysis.stepping import Stepper
from market_sim.analysis.summary import Summary, document, summarize
from market_sim.analysis.visualization.timeline import Timeline
from market_sim.analysis.words import Words
from market_sim.core.data import archive
from market_sim.core.data.edges import edges
from market_sim.core.errors import InputError
from market_sim.core.models.run_events import CommitteeSeated, RunEnded, RunStarted, StrategyFailed
from market_sim.simulation.engine.result import Result

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
OPEN_RUNS = 3
"""So many runs are kept in memory: one with 300 epochs takes some 200 MB."""

T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """A run in the index: what its manifest and the two ends of its journal say."""

    name: str
    folder: Path
    manifest: archive.Manifest
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

    def __init__(self, entry: Entry) -> None:
        self.name = entry.name
        self.manifest = entry.manifest
        self.header = entry.header
        self.written = entry.written
        self.result = _result(entry)
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
    def gains(self) -> list[Gain]:
        """What each account made of it."""
        return self.once("gains", lambda: gains(self.result.journal))

    @property
    def words(self) -> Words:
        """What its numbers are called."""
        return self.once("words of the numbers", lambda: Words(self.result.journal))

    @property
    def side(self) -> Side:
        """What it brings to a comparison."""
        told = document(self.summary, self.name, None) if self.summary else {}
        return Side(self.header, told, self.gains, self.words, self.result.conclusion)

    @property
    def timeline(self) -> Timeline:
        """What its charts are drawn from."""
        return self.once("timeline", lambda: Timeline(self.result.journal))

    @property
    def tracer(self) -> Tracer:
        """Who finds the way of an order through it."""
        return self.once("tracer", lambda: Tracer(self.result.journal))

    @property
    def stepper(self) -> Stepper:
        """Who stands at any event of it."""
        return self.once(
            "stepper", lambda: Stepper(self.result.journal, (one.history.end for one in self.timeline.markets))
        )


class Shelf:
    """All runs of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._index: dict[Path, tuple[float, Entry | Damaged]] = {}
        self._open: OrderedDict[tuple[str, str], OpenRun] = OrderedDict()
        self._reading: dict[tuple[str, str], threading.Lock] = {}

    def entries(self) -> list[Entry]:
        """Every run that can be read, the newest first."""
        found = [entry for entry in self._look() if isinstance(entry, Entry)]
        return sorted(found, key=lambda entry: (-entry.written, entry.name))

    def damaged(self) -> list[Damaged]:
        """Every folder that looks like a run and cannot be read, by name."""
        return sorted((one for one in self._look() if isinstance(one, Damaged)), key=lambda one: one.name)

    def find(self, name: str) -> Entry | None:
        """The run of this name."""
        return next((entry for entry in self.entries() if entry.name == name), None)

    def has_open(self, entry: Entry) -> bool:
        """Whether it would be taken from memory."""
        with self._lock:
            return entry.key in self._open

    def open(self, entry: Entry) -> OpenRun:
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

    def _look(self) -> list[Entry | Damaged]:
        """Everything in the folder, read again only where it has changed."""
        with self._lock:
            found = {}
            for path in self.folder.glob(f"*/{archive.MANIFEST}"):
                if not NAME.fullmatch(path.parent.name):
                    continue
                try:
                    written = path.stat().st_mtime
                except OSError:  # it was deleted meanwhile
                    continue
                known = self._index.get(path)
                found[path] = known if known and known[0] == written else (written, _entry(path, written))
            self._index = found
            return [one for _, one in found.values()]


def _entry(path: Path, written: float) -> Entry | Damaged:
    """One folder as an entry, or what is wrong with it."""
    name = path.parent.name
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=archive.Manifest)
        header = read_header(*edges(path.with_name(archive.JOURNAL)))
    except InputError as problem:
        return Damaged(name, str(problem))
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as problem:
        return Damaged(name, f"its {archive.MANIFEST} cannot be read: {problem}")
    return Entry(name, path.parent, manifest, header, written)


def _result(entry: Entry) -> Result:
    try:
        journal = archive.load(entry.folder).journal
    except InputError as problem:
        # The sentence names files of this machine, which are no visitor's business (W11).
        raise InputError(
            f"run {entry.name} cannot be shown: {str(problem).replace(str(entry.folder), entry.name)}"
        ) from None
    start = next(journal.of(RunStarted))
    ended = next(journal.of(RunEnded), None)
    failures = tuple(f"{event.agent}: {event.cause}" for event in journal.of(StrategyFailed))
    complete = ended is not None and ended.complete
    return Result(start.scenario, start.seed, start.epochs, start.parameters, journal, complete, failures)
