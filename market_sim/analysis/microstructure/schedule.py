"""The schedule of an order, worked out again from what its strategy stated, beside what was done (rulebook F-4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from market_sim.analysis.microstructure.shortfall import SECOND_NS, ParentOrder, stated_order
from market_sim.core.models.run_events import AgentJoined
from market_sim.pricing.execution import Impact, trajectory

COSTS = ("sigma", "eta", "permanent", "risk_aversion")
Step = tuple[int, float]
"""A time, and what is left from then on."""


class Progress(NamedTuple):
    """What of an order is left over time: by its schedule, by even slices, and in fact."""

    order: ParentOrder
    planned: Sequence[Step]
    even: Sequence[Step]
    done: Sequence[Step]

    @property
    def furthest(self) -> float:
        """The largest distance of what was left from the schedule, when a slice ends."""
        ends = [(time - 1, left) for (time, _), (_, left) in zip(self.planned[1:], self.planned, strict=False)]
        return max((abs(left_at(self.done, time) - left) for time, left in ends), default=0.0)


def left_at(steps: Sequence[Step], time: int) -> float:
    """What is left at this time."""
    return next((left for when, left in reversed(steps) if when <= time), steps[0][1])


def progress(order: ParentOrder, joined: AgentJoined) -> Progress | None:
    """The progress of an order whose strategy states slices; None for any other."""
    terms, stated = joined.parameters, stated_order(joined)
    end, slices = terms.get("end_s"), terms.get("slices")
    if stated is None or not order.stated or not isinstance(end, int | float) or not isinstance(slices, int):
        return None
    total, start = order.quantity, stated[3]
    length = (round(end * SECOND_NS) - start) / slices
    even = [total * (slices - number) / slices for number in range(1, slices + 1)]
    held = even
    if joined.strategy == "AlmgrenChriss":
        sigma, eta, permanent, aversion = (float(terms[name] or 0) for name in COSTS)
        held = trajectory(total, slices, length * slices / SECOND_NS, Impact(sigma, eta, permanent), aversion)[1:]
    elif joined.strategy != "Twap":
        return None
    times = [start + round(length * number) for number in range(slices)]
    left, done = float(total), [(start, float(total))]
    for fill in order.fills:
        left -= fill.quantity
        done.append((fill.trade.time, left))
    return Progress(order, list(zip(times, held, strict=True)), list(zip(times, even, strict=True)), done)
