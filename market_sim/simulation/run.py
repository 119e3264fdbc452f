"""`simulate()`: runs a scenario and returns its result. Command line, pages, tests and graders all start here.

scenario -> strategies decide -> exchange matches -> validators agree -> settlement pays -> journal
"""

from __future__ import annotations

import dataclasses
from typing import Any

from market_sim.analysis.results.result import Result
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session, Watcher

OPTIONS = frozenset(field.name for field in dataclasses.fields(Options))


def simulate(
    scenario: Scenario | type[Scenario] | str,
    options: Options | None = None,
    watch: Watcher | None = None,
    journal: Journal | None = None,
    **chosen: Any,
) -> Result:
    """Run a scenario from its first event to its last; the same scenario and options give the same result.

    `scenario` is a scenario, its class, its name or the path of its file. Options can be named here, and parameters
    too, unless the scenario is an object already: `simulate("crowded-room", epochs=12, seed=3, traders=20)`. With a
    `journal` of its own the caller keeps the events even when the run ends in an exception.
    """
    parameters = {name: value for name, value in chosen.items() if name not in OPTIONS}
    further = {name: value for name, value in chosen.items() if name in OPTIONS}
    if isinstance(scenario, str):
        scenario = find_scenario(scenario)
    if isinstance(scenario, type):
        scenario = configured(scenario, **parameters)
    elif parameters:
        raise InputError(
            f"the parameters of a scenario that is made already cannot be changed: {', '.join(parameters)}; "
            f"the options of a run are {', '.join(sorted(OPTIONS))}"
        )
    return Session(scenario, dataclasses.replace(options or Options(), **further), journal).run(watch)
