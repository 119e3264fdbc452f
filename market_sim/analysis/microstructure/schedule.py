"""The schedule of an order, worked out again from what its strategy stated, beside what was done (F-4.3, F-4.4).

Slices follow the clock: even ones (TWAP, and a router), those of a curve of volume (VWAP), those of a trajectory. A
participation follows what others trade, so its schedule has a step for each of their trades.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from market_sim.analysis.microstructure.shortfall import ParentOrder, stated_order
from market_sim.core.models.run_events import AgentJoined
from market_sim.core.units import SECOND
from market_sim.market.exchange.quotes import BookTape
from market_sim.pricing.execution import Impact, trajectory

COSTS = ("sigma", "eta", "permanent", "risk_aversion")
EVEN = ("Twap", "Router")
"""The strategies whose slices are even."""
Step = tuple[int, float]
"""A time, and what is left from then on."""


class Progress(NamedTuple):
    """What of an order is left over time: by its schedule, by even slices if it has any, and in fact."""

    order: ParentOrder
    planned: Sequence[Step]
    even: Sequence[Step]
    done: Sequence[Step]

    @property
    def furthest(self) -> float:
        """The largest distance of what was left from the schedule, just before its next step."""
        ends = [(time - 1, left) for (time, _), (_, left) in zip(self.planned[1:], self.planned, strict=False)]
        return max((abs(left_at(self.done, time) - left) for time, left in ends), default=0.0)


def left_at(steps: Sequence[Step], time: int) -> float:
    """What is left at this time."""
    return next((left for when, left in reversed(steps) if when <= time), steps[0][1])


def progress(order: ParentOrder, joined: AgentJoined, tape: BookTape) -> Progress | None:
    """The progress of an order whose strategy states a schedule; None for any other."""
    terms, stated = joined.parameters, stated_order(joined)
    if stated is None or not order.stated:
        return None
    start = stated[3]
    rate = terms.get("rate")
    found: tuple[list[Step], list[Step]] | None
    if joined.strategy == "Participate" and isinstance(rate, int | float):
        found = participated(order, tape, float(rate), start), []
    else:
        found = sliced(order, joined, start)
    if found is None:
        return None
    left, done = float(order.quantity), [(start, float(order.quantity))]
    for fill in order.fills:
        left -= fill.quantity
        done.append((fill.trade.time, left))
    return Progress(order, *found, done)


def sliced(order: ParentOrder, joined: AgentJoined, start: int) -> tuple[list[Step], list[Step]] | None:
    """What is left after each slice, and after even ones; a slice is due when its part of the time begins."""
    terms = joined.parameters
    end, slices = terms.get("end_s"), terms.get("slices")
    if not isinstance(end, int | float) or not isinstance(slices, int):
        return None
    total, length = order.quantity, (round(end * SECOND) - start) / slices
    even = [total * (slices - number) / slices for number in range(1, slices + 1)]
    held = even
    if joined.strategy == "AlmgrenChriss":
        sigma, eta, permanent, aversion = (float(terms[name] or 0) for name in COSTS)
        held = trajectory(total, slices, length * slices / SECOND, Impact(sigma, eta, permanent), aversion)[1:]
    elif joined.strategy == "Vwap":
        curve = [float(volume) for volume in str(terms.get("curve", "")).split()]
        if len(curve) != slices or not sum(curve):
            return None  # a journal of before the curve was recorded
        held = [total * (1 - volume / sum(curve)) for volume in accumulate(curve)]
    elif joined.strategy not in EVEN:
        return None
    times = [start + round(length * number) for number in range(slices)]
    return list(zip(times, held, strict=True)), list(zip(times, even, strict=True))


def participated(order: ParentOrder, tape: BookTape, rate: float, start: int) -> list[Step]:
    """What is left if rate / (1 - rate) of what others have traded is done, after each of their trades."""
    others, steps = 0, [(start, float(order.quantity))]
    for trade in tape.trades:
        if trade.time >= start and order.agent not in (trade.maker, trade.taker):
            others += trade.quantity
            steps.append((trade.time, max(0.0, order.quantity - rate / (1 - rate) * others)))
    return steps
