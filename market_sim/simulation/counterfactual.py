"""The counterfactual: a stored run once more, without one participant.

The participant keeps its account and its place in every list, and draws from its own random stream alone, so the others
have the same chances as before; it only never decides. Up to its first order the two runs are the same, event by event.
What others sent from outside comes again at the same simulated time.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import AgentJoined, InputReceived, RunStarted
from market_sim.simulation.driver import ANY_STEP
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.finder import find_scenario
from market_sim.simulation.scenarios.scenario import Scenario, configured
from market_sim.simulation.session import Session


def without(journal: Iterable[Event], agent: str, scenario: Scenario | None = None) -> Session:
    """The session of this journal without one participant, from its beginning."""
    events = list(journal)
    start = events[0] if events else None
    if type(start) is not RunStarted:
        raise InputError("a journal begins with RunStarted, which says what was run")
    names = [event.agent for event in events if type(event) is AgentJoined]
    if agent not in names:
        raise InputError(f"there is no participant {agent!r} in this run; there are {', '.join(names) or 'none'}")
    if scenario is None:
        scenario = configured(find_scenario(start.scenario), **start.parameters)
    options = Options.of(start)
    out = ",".join(filter(None, (options.without, agent)))
    inputs = [
        msgspec.structs.replace(event, step=ANY_STEP)
        for event in events
        if type(event) is InputReceived and event.sender != agent
    ]
    return Session(scenario, dataclasses.replace(options, without=out), inputs=inputs)


def name_without(run: str, agent: str) -> str:
    """The folder name of a run without a participant.

    >>> name_without("first-market-seed7-90d9", "maker 1/2")
    'first-market-seed7-90d9-without-maker-1-2'
    """
    return f"{run[:80]}-without-{re.sub(r'[^A-Za-z0-9._-]', '-', agent)[:36]}"


def left_out(options: Options) -> str:
    """The participant that was left out last; empty for a run with all of its own."""
    return (options.without or "").rpartition(",")[2]
