"""A job of a sweep: one run, described by plain data, so that any process can do it.

Its seed is a digest of what is run (root seed, scenario, parameters, number of the repetition) and not of its place in
the sweep: a further value of a parameter, or more repetitions, leave all other runs as they are.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from market_sim.core.errors import InputError
from market_sim.core.version import VERSION
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.guests import guests as read_guests
from market_sim.simulation.scenarios.scenario import Parameter, configured
from market_sim.simulation.sweep.measures import Measures, measured

SEED_BYTES = 6


@dataclass(frozen=True)
class Job:
    """One run of a sweep."""

    scenario: str
    """The name of a shipped scenario, or the path of a file."""
    parameters: dict[str, Parameter]
    root_seed: int
    repetition: int
    epochs: int | None = None
    guests: str | None = None
    files: tuple[tuple[str, str], ...] = ()
    """The paths of the user's files that the run reads, with their digests."""

    @property
    def seed(self) -> int:
        """The seed of the run."""
        content = [self.root_seed, Path(self.scenario).stem, self.parameters, self.repetition]
        return int.from_bytes(hashlib.sha256(canonical(content)).digest()[:SEED_BYTES], "big")

    @property
    def key(self) -> str:
        """The digest of everything that the result depends on; a finished job is recognised by it."""
        content = asdict(self) | {"files": sorted(digest for _, digest in self.files), "version": VERSION}
        return hashlib.sha256(canonical(content)).hexdigest()[:32]


@dataclass(frozen=True)
class Outcome:
    """The result of a job."""

    job: str
    """The key of the job."""
    parameters: dict[str, Parameter]
    repetition: int
    seed: int
    fingerprint: str
    measures: Measures


def done(job: Job) -> Outcome:
    """Do a job: in this process, in another one, on another machine."""
    for path, digest in job.files:
        if file_digest(path) != digest:
            raise InputError(f"{path} has changed since the sweep began, or is another file on this machine")
    scenario = configured(find_scenario(job.scenario), **job.parameters)
    settlement = scenario.claim_settlement
    options = Options(seed=job.seed, epochs=job.epochs, settlement=settlement, guests=job.guests)
    with redirect_stdout(sys.stderr):  # a strategy may print, and stdout is for the table
        result = simulate(scenario, options)
    guests = {one.name for one in read_guests(job.guests)}
    return Outcome(
        job.key, job.parameters, job.repetition, job.seed, result.fingerprint, measured(scenario, result, guests)
    )  # fmt: skip


def file_digest(path: str) -> str:
    """The digest of a file of the user."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None


def canonical(content: Any) -> bytes:
    """The one way to write plain data as bytes."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
