"""The file of a sweep: JSON lines, the plan first, then the outcome of every finished run.

Each outcome is on the disk before it counts as finished, so a process that is killed loses none of them: the same
command goes on where it stopped. A last line that was cut off is dropped. When all runs are there, the file is written
anew in the order of the jobs, so that it does not depend on how many processes there were.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.simulation.sweep.job import Outcome
from market_sim.simulation.sweep.plan import Plan

KIND = "market sandbox sweep"


class OutcomesFile:
    """The outcomes of one plan on the disk; one process writes it."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self.path = path
        self.head = {"kind": KIND, "version": VERSION, "plan": plan.described}
        self.finished: dict[str, Outcome] = {}
        """By the key of the job."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._read() if path.exists() else 0
            # Opened without truncating: what is there already stays until the end of the last whole line.
            self._file: IO[bytes] = path.open("r+b" if path.exists() else "w+b")
            self._file.truncate(whole)
            self._file.seek(whole)
            if not whole:
                self._write(self.head)
        except OSError as error:
            raise InputError(f"{path}: cannot write there ({error.strerror}); choose another place") from None

    def add(self, outcome: Outcome) -> None:
        """Put one outcome on the disk."""
        self.finished[outcome.job] = outcome
        self._write(asdict(outcome))

    def close(self) -> None:
        """Close the file; it can be taken up again."""
        self._file.close()

    def finish(self, keys: Iterable[str]) -> list[Outcome]:
        """Close the file and write it anew in the order of the jobs, in one step."""
        self.close()
        ordered = [self.finished[key] for key in keys]
        fresh = self.path.with_name(self.path.name + ".new")
        with fresh.open("wb") as file:
            file.writelines(_line(each) for each in (self.head, *map(asdict, ordered)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        return ordered

    def _write(self, content: object) -> None:
        self._file.write(_line(content))
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self) -> int:
        """Take up what is there; returns the length of its whole lines."""
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].splitlines()
        if not lines:
            return 0
        if _parsed(lines[0]) != self.head:
            raise InputError(
                f"{self.path} is not the file of this sweep by this version of the program; choose another --file"
            )
        for number, line in enumerate(lines[1:], 2):
            try:
                outcome = Outcome(**_parsed(line))
            except TypeError:
                raise InputError(
                    f"{self.path}, line {number}: expected the outcome of a run, found {line[:60]!r}"
                ) from None
            self.finished[outcome.job] = outcome
        return whole


class StoredSweep(NamedTuple):
    """What the file of a sweep says, finished or not; to read it runs nothing."""

    scenario: str
    axes: tuple[str, ...]
    plan: dict[str, Any]
    outcomes: list[Outcome]

    @property
    def runs(self) -> int:
        """The number of runs of the whole sweep."""
        return int(self.plan["repetitions"]) * prod(len(values) for values in self.plan["over"].values())


def stored_sweep(path: Path) -> StoredSweep:
    """The sweep in this file; InputError if it is none."""
    try:
        first, *lines = path.read_bytes().rpartition(b"\n")[0].splitlines()
        plan = _parsed(first)["plan"]
        outcomes = [Outcome(**_parsed(line)) for line in lines]
        found = StoredSweep(Path(str(plan["scenario"])).stem, tuple(plan["over"]), plan, outcomes)
        if found.runs < len(outcomes) or any(set(found.axes) - set(one.parameters) for one in outcomes):
            raise ValueError
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"{path.name} is not the file of a sweep") from None
    return found


def _parsed(line: bytes) -> dict[str, Any]:
    """The object in a line; an empty one where there is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _line(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
