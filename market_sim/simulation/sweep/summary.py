"""The summary of a sweep: its outcomes as estimates, in the order of its points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from market_sim.analysis.results.table import Column, Table
from market_sim.analysis.sweep_estimates import Estimate, Estimates, Point, estimate
from market_sim.simulation.scenarios.scenario import Parameter
from market_sim.simulation.sweep.job import Outcome
from market_sim.simulation.sweep.measures import MEANINGS
from market_sim.simulation.sweep.plan import Plan


def summary(plan: Plan, outcomes: Iterable[Outcome]) -> Estimates:
    """The estimates of every point of a plan."""
    return estimates(plan.scenarios[0].name, [one.name for one in plan.axes], outcomes)


def estimates(scenario: str, axes: Sequence[str], outcomes: Iterable[Outcome]) -> Estimates:
    """The estimates of every point of these axes; a measure that no run of a point has is left out there."""
    groups: dict[tuple[Parameter, ...], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(tuple(outcome.parameters[name] for name in axes), []).append(outcome)
    points = tuple(Point(values, len(group), _estimates(group)) for values, group in groups.items())
    return Estimates(f"{scenario}: a sweep", tuple(axes), points)


def runs_table(axes: Sequence[str], outcomes: Sequence[Outcome]) -> Table:
    """A row for each run: where it lies on the axes, its seed and fingerprint, and its measures."""
    measures = list(dict.fromkeys(name for one in outcomes for name in one.measures))
    names = [*axes, "repetition", "seed", "fingerprint", *measures]
    rows = [
        (
            *(one.parameters[name] for name in axes), one.repetition, one.seed, one.fingerprint,
            *(one.measures.get(name) for name in measures),
        )
        for one in outcomes
    ]  # fmt: skip
    return Table("runs", tuple(Column(name, MEANINGS.get(name.split()[0], "")) for name in names), rows)


def _estimates(group: Sequence[Outcome]) -> dict[str, Estimate]:
    names = dict.fromkeys(name for outcome in group for name in outcome.measures)
    found = {name: [number for one in group if (number := one.measures.get(name)) is not None] for name in names}
    return {name: estimate(numbers) for name, numbers in found.items() if numbers}
