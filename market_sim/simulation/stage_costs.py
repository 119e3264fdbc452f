"""What agreeing on trades and paying them costs on this machine: a run is played again, as a whole and without them.

The market alone, the market with its committee, and the whole run have the same trades, so the differences of their
processor times belong to the committee and to the settlement. What is set up before the first event does not count.
"""

from __future__ import annotations

from dataclasses import replace
from time import process_time

from market_sim.core.data.journal import Journal
from market_sim.core.models.run_events import InputReceived, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session

BLOCK, SETTLE = "block", "settle"


def costs_after_the_match(journal: Journal) -> dict[str, float]:
    """The seconds of processor time that all blocks of a run took, and all payments, if it has any.

    Empty for a run with inputs from outside, which the market alone does not have.
    """
    start = journal[0]
    if type(start) is not RunStarted or any(journal.of(InputReceived)):
        return {}
    scenario, options = configured(find_scenario(start.scenario), **start.parameters), Options.of(start)
    epochs = scenario.epochs if options.epochs is None else options.epochs
    began = process_time()
    market_alone(scenario, options.seed, epochs)
    market = process_time() - began
    agreed = _seconds(scenario, replace(options, settlement="none"))
    found = {BLOCK: max(0.0, agreed - market)}
    if any(journal.of(SettlementOpened)):
        found[SETTLE] = max(0.0, _seconds(scenario, options) - agreed)
    return found


def _seconds(scenario: Scenario, options: Options) -> float:
    session = Session(scenario, options)
    began = process_time()
    session.go()
    return process_time() - began
