"""The trace of a contract call: its submission, its blocks with its place in each, and its execution."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.analysis.history.fair_places import FairPlaces
from market_sim.analysis.history.order_trace import BlockWay, Placed, Tracer
from market_sim.core.models.settlement_events import CallExecuted, CallSubmitted


@dataclass(frozen=True)
class CallWay:
    """A block that holds the call."""

    way: BlockWay
    calls: int
    """The number of calls in the block."""
    fairness: str
    """Why the call has its place in the fair order; empty where each leader chooses the order."""


@dataclass(frozen=True)
class CallTrace:
    """One contract call from its submission to its execution."""

    submitted: Placed
    ways: tuple[CallWay, ...]
    """The blocks that hold the call, in the order of proposal; only one of them can become final."""
    executed: Placed | None


def call_trace(tracer: Tracer, places: FairPlaces, call: int) -> CallTrace | None:
    """The trace of a call by its number; None when there is no such call."""
    submitted = executed = None
    for number, event in enumerate(tracer.journal):
        if isinstance(event, CallSubmitted) and event.call == call:
            submitted = Placed(number, event)
        elif isinstance(event, CallExecuted) and event.call == call:
            executed = Placed(number, event)
    if submitted is None:
        return None
    ways = (
        CallWay(
            tracer.way(ordered.block, ordered.calls.index(call) + 1),
            len(ordered.calls),
            places.sentence(ordered.block, call) if places.is_kept else "",
        )
        for ordered in tracer.blocks.holding_call(call)
    )
    return CallTrace(submitted, tuple(ways), executed)
