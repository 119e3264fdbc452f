"""The corruption of validators in a fork: they deviate from the epoch after the fork on, so that the past is the same.

Corruption is static in the protocol's model: a run names its byzantine validators in its first events. A fork with new
ones is therefore a run of its own, whose past differs in these names only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from market_sim.core.consensus.behaviours import FOR_EVER, parse_behaviours
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.event import Event
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options


def corrupted(
    world: World, options: Options, past: Iterable[Event], byzantine: str, beyond_the_bound: bool | None = None
) -> Options:
    """The options of a fork in which further validators deviate; behaviours without epochs last to the run's end."""
    epoch = max((event.epoch for event in past if type(event) is EpochStarted), default=0)
    if epoch >= world.epochs:
        raise InputError(f"the last epoch, {epoch}, has begun: no validator can deviate in a later one")
    plan = world.committee_plan
    added = []
    for one in parse_behaviours(byzantine, plan.count):
        if one.first <= epoch and one.epochs:
            raise InputError(f"epoch {epoch} has begun: n{one.validator}:{one.name}@{one.epochs} would change the past")
        last = world.epochs if one.last == FOR_EVER else one.last
        added.append(f"n{one.validator}:{one.name}@{max(one.first, epoch + 1)}-{last}")
    together = ", ".join(filter(None, (plan.byzantine, *added)))
    changed = {"byzantine": together, "beyond_the_bound": beyond_the_bound or options.beyond_the_bound}
    return dataclasses.replace(options, **changed)  # type: ignore[arg-type]
