"""The market alone: a scenario's trading without validators and settlement, for statistics that need long runs.

Strategies, exchange and mechanisms draw from their own streams, so the market's events are those of the whole run with
the same seed, as long as no participant deposits from or withdraws to the chain.
"""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.simulation.engine.failures import explained
from market_sim.simulation.engine.world import World
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.scenario import Scenario


def market_alone(scenario: Scenario, seed: int, epochs: int, without: str | None = None) -> Journal:
    """The journal of this scenario's market to the end of the last epoch; `without` is who never decides in it."""
    world = prepared(scenario, Options(seed=seed, epochs=epochs, settlement="none", without=without))
    play_alone(world, epochs)
    return world.journal


def play_alone(world: World, epochs: int) -> None:
    """Let the market of a prepared world run to the end of the last epoch."""
    epoch_ns = world.committee_plan.rules.epoch_ns
    world.ledger.begin()
    world.start(epoch_ns)
    with explained():
        world.clock.run(until=(epochs + 1) * epoch_ns)
