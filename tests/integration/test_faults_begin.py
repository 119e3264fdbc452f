"""A fault changes nothing before it begins: the same seed gives the same blocks, trades and payments until then."""

from __future__ import annotations

from functools import cache
from itertools import zip_longest

import pytest
from msgspec.structs import replace

from market_sim.core.consensus.behaviours import BEHAVIOURS
from market_sim.core.models.consensus_events import ByzantineAct, NetworkFault
from market_sim.core.models.event import Event
from market_sim.core.models.run_events import CommitteeSeated, RunStarted, WarningGiven
from market_sim.core.models.settlement_events import BlockSettled
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket

EPOCH_NS = 1_000_000_000
NAMED_BY_THE_RUN = ("run", "contract", "digest", "transaction")
FAULTS = [{"partition": "4-6"}, {"partition": "5:0+2>3"}, {"crash": "n2@5-6"}, {"crash": "n1@5,n3@7-8"}]
FAULTS += [{"byzantine": f"{who}:{how}@5-8"} for how in BEHAVIOURS for who in ("n1", "n3")]


@cache
def events(**fault: str) -> list[Event]:
    return list(simulate(FirstMarket(), Options(epochs=8, settlement="memory", paranoid=True, **fault)).journal)  # type: ignore[arg-type]


def before(journal: list[Event], epoch: int) -> list[Event]:
    """What happened before an epoch, without what names the choices of a run: its first events, and in settlement the
    identity that its certificates carry, from which the addresses, digests and transactions follow."""
    chosen = (RunStarted, CommitteeSeated, WarningGiven)
    happened = [event for event in journal if event.time < epoch * EPOCH_NS and type(event) not in chosen]
    return [
        replace(event, **{name: "" for name in NAMED_BY_THE_RUN if hasattr(event, name)})
        if event.area == "settlement"
        else event
        for event in happened
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: " ".join(fault.values()))
def test_nothing_differs_before_the_moment_a_fault_begins(fault: dict[str, str]) -> None:
    begins = 4 if fault.get("partition") == "4-6" else 5
    honest, faulty = events(), events(**fault)
    pairs = list(zip_longest(before(faulty, begins), before(honest, begins)))
    assert [(ours, theirs) for ours, theirs in pairs if ours != theirs][:1] == []
    assert any(type(event) is BlockSettled for event in before(honest, begins)), "a batch was paid by then"
    told = [event for event in faulty if isinstance(event, ByzantineAct | NetworkFault)]
    # Without a leader that equivocates there is never a second proposal to vote for.
    # Nor is there a call of a contract, which a greedy leader could put before another one.
    done = fault.get("byzantine", "").partition(":")[2].partition("@")[0]
    assert bool(told) == (done not in ("double-vote", "greedy")), "the fault did happen"
    assert all(event.time >= begins * EPOCH_NS for event in told)
