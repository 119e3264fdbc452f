"""The one road: a scenario goes in, a result comes out. Every door of the product enters here.

scenario -> strategies decide -> exchange matches -> validators agree -> settlement pays -> journal
"""

from __future__ import annotations

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.session import Session, Watcher


def simulate(
    scenario: Scenario,
    options: Options | None = None,
    watch: Watcher | None = None,
    journal: Journal | None = None,
) -> Result:
    """Run a scenario from its first event to its last; the same scenario and options give the same result.

    Whoever passes an empty journal in still holds it when a promise of ours breaks on the way.
    """
    return Session(scenario, options, journal).run(watch)
