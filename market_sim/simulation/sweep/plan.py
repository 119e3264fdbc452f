"""The plan of a sweep: which scenario, which values, how often; and from it the jobs, in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

from market_sim.core.errors import InputError
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.options import DEFAULT_SEED, Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Parameter, Scenario, configured
from market_sim.simulation.sweep.axes import Axis, points
from market_sim.simulation.sweep.job import Job, canonical, file_digest
from market_sim.strategies.learning.model import ENDING

MOST_JOBS = 1_000_000


@dataclass(frozen=True)
class Plan:
    """What a person asked for; wrong values are found before anything runs."""

    scenario: str
    axes: tuple[Axis, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    """The other parameters that are not at their defaults."""
    repetitions: int = 10
    root_seed: int = DEFAULT_SEED
    epochs: int | None = None
    guests: str | None = None

    def __post_init__(self) -> None:
        for name in (one.name for one in self.axes):
            if name in dict(self.fixed):
                raise InputError(f"{name} has a value of its own and is swept by --over, too: choose one")
        if self.runs > MOST_JOBS:
            raise InputError(f"a sweep has at most {MOST_JOBS:,} runs, found {self.runs:,}")
        for place, one in enumerate(self.axes):
            found = [self.values(scenario.parameters)[place] for scenario in self.scenarios]
            if len(set(found)) != len(one.values):
                again = next(value for value in found if found.count(value) > len(found) // len(one.values))
                raise InputError(
                    f"two runs of this sweep are the same: --over gives {one.name} the value {again} twice"
                )
        for scenario in self.scenarios:
            with explained():
                prepared(scenario, Options(epochs=self.epochs, settlement="none", guests=self.guests))

    def __reduce__(self) -> tuple[type[Plan], tuple[object, ...]]:
        """Another process makes it anew from its fields: its scenario may be a class in a file of the user."""
        return Plan, tuple(getattr(self, one.name) for one in fields(self))

    @property
    def runs(self) -> int:
        """How many runs there are."""
        count = self.repetitions
        for one in self.axes:
            count *= len(one.values)
        return count

    @cached_property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario at every point of the axes."""
        kind = find_scenario(self.scenario)
        with explained():
            return tuple(configured(kind, **dict(self.fixed), **values) for values in points(self.axes))

    @cached_property
    def files(self) -> tuple[tuple[str, str], ...]:
        """The user's files that a run reads, with their digests."""
        paths = [self.scenario] if self.scenario.endswith(".py") else []
        for line in filter(None, (self.guests or "").splitlines()):
            file = line.split(",")[0].partition(":")[0].strip()
            paths += [file] if file.endswith((".py", ENDING)) else []
        return tuple((path, file_digest(path)) for path in dict.fromkeys(paths))

    def jobs(self) -> Iterator[Job]:
        """Every run in its order: point by point, and for each point its repetitions."""
        for scenario in self.scenarios:
            for repetition in range(self.repetitions):
                yield Job(
                    self.scenario, scenario.parameters, self.root_seed, repetition, self.epochs, self.guests, self.files
                )

    def values(self, parameters: Mapping[str, Parameter]) -> tuple[Parameter, ...]:
        """The values of the axes in these parameters."""
        return tuple(parameters[one.name] for one in self.axes)

    @property
    def described(self) -> dict[str, object]:
        """The plan as plain data: the first line of the file."""
        return {
            "scenario": self.scenario,
            "over": {one.name: list(one.values) for one in self.axes},
            "fixed": dict(self.fixed),
            "repetitions": self.repetitions,
            "root_seed": self.root_seed,
            "epochs": self.epochs,
            "guests": self.guests,
            "files": [digest for _, digest in self.files],
        }

    @property
    def name(self) -> str:
        """The name of its file: the scenario and a digest of the plan."""
        title = self.scenarios[0].name
        return f"sweep-{title}-{hashlib.sha256(canonical(self.described)).hexdigest()[:8]}"
