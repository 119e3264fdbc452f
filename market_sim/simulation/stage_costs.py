"""What agreeing on trades and paying them costs on this machine: a run is played again, as a whole and without them.

The market alone, the market with its committee, and the whole run have the same trades, so the differences of their
processor times belong to the committee and to the settlement. What is set up before the first event does not count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import process_time

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.consensus_events import EpochStarted
from market_sim.core.models.run_events import InputReceived, RunStarted
from market_sim.core.models.settlement_events import SettlementOpened
from market_sim.simulation.durability import ON_A_NODE
from market_sim.simulation.market_alone import play_alone
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session

BLOCK, SETTLE = "block", "settle"


def costs_after_the_match(journal: Journal, kind: type[Scenario] | None = None) -> dict[str, float]:
    """The seconds of processor time that all blocks of a run took, and all payments, if it has any.

    Empty where it cannot be played again: with inputs from outside, which the market alone does not have, and without
    its scenario, which `kind` is where it is not shipped. What a node outside this program did is not measured.
    """
    start = journal[0]
    scenario = _scenario(start, kind) if isinstance(start, RunStarted) else None
    if not isinstance(start, RunStarted) or scenario is None or any(journal.of(InputReceived)):
        return {}
    reached = max((event.epoch for event in journal.of(EpochStarted)), default=1)
    whole = Options.of(start)
    whole = replace(whole, epochs=min(whole.epochs or reached, reached))  # of a run that was interrupted, its own part
    unpaid = replace(whole, settlement="none")
    market = _seconds(partial(play_alone, prepared(scenario, unpaid), whole.epochs or 1))
    agreed = _seconds(Session(scenario, unpaid).go)
    found = {BLOCK: max(0.0, agreed - market)}
    if any(journal.of(SettlementOpened)) and whole.settlement != ON_A_NODE:
        found[SETTLE] = max(0.0, _seconds(Session(scenario, whole).go) - agreed)
    return found


def _scenario(start: RunStarted, kind: type[Scenario] | None) -> Scenario | None:
    """The scenario of a run with its parameters; None for that of a file which was not passed."""
    if kind is None:
        try:
            kind = find_scenario(start.scenario)
        except InputError:
            return None
    return configured(kind, **start.parameters)


def _seconds(act: Callable[[], object]) -> float:
    began = process_time()
    act()
    return process_time() - began
