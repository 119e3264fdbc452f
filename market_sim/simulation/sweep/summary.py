"""The summary of a sweep: its outcomes as estimates, in the order of its points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from market_sim.analysis.sweep_estimates import Estimate, Estimates, Point, estimate
from market_sim.simulation.scenarios.scenario import Parameter
from market_sim.simulation.sweep.job import Outcome
from market_sim.simulation.sweep.plan import Plan


def summary(plan: Plan, outcomes: Iterable[Outcome]) -> Estimates:
    """The estimates of every point; a measure that no run of a point has is left out there."""
    groups: dict[tuple[Parameter, ...], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(plan.values(outcome.parameters), []).append(outcome)
    points = tuple(Point(values, len(group), _estimates(group)) for values, group in groups.items())
    return Estimates(f"{plan.scenarios[0].name}: a sweep", tuple(one.name for one in plan.axes), points)


def _estimates(group: Sequence[Outcome]) -> dict[str, Estimate]:
    names = dict.fromkeys(name for outcome in group for name in outcome.measures)
    found = {name: [number for one in group if (number := one.measures.get(name)) is not None] for name in names}
    return {name: estimate(numbers) for name, numbers in found.items() if numbers}
