"""Plans for an order in the past: over how many candles, and how much of it early; and which are worth choosing.

Each plan begins in the same candle, meets the books of `past_execution.py`, and has the same last candle. Three
things speak against a plan (rulebook F-8.12, docs/decisions/0085-plans-are-compared-in-the-books-of-a-model.md):

    cost   its average slippage, in basis points of the middles at which its slices are executed
    risk   sigma sqrt(x_1^2 + x_2^2 + ...), the standard deviation of what prices do to the part x_k of the order that
           is left after candle k; sigma is that of the returns of the closes before the first slice
    time   the candle in which its last lot is filled

A plan is dominated where another one is as good in all three and better in one: there is no reason to choose it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cosh, sqrt
from statistics import pstdev
from typing import NamedTuple

from market_sim.analysis.microstructure.candle_file import TimedCandle
from market_sim.analysis.microstructure.past_execution import DIGITS, PastOrder, Slice, met_books, sliced
from market_sim.core.units import BPS
from market_sim.pricing.execution import Impact, in_lots, trajectory

URGENCIES = (0, 2, 4, 8)
"""Kappa T of the trajectory of Almgren and Chriss (F-4.3): 0 is even; the larger it is, the more is traded early."""
LENGTHS = 10
"""The number of lengths between one candle and all candles of the order, evenly spaced in their logarithm."""


class Plan(NamedTuple):
    """One plan: its slices, what it costs, what it risks, and when it is done."""

    candles: int
    """The number of slices it divides the order into, one in each candle; what they miss is sought later."""
    urgency: int
    cost_bps: float
    risk_bps: float
    done: int
    """The candle in which its last lot is filled, counted from 1."""

    @property
    def words(self) -> str:
        """How it divides the order."""
        if self.candles == 1:
            return "all in the first candle"
        return f"{self.candles} candles, {f'urgency {self.urgency}' if self.urgency else 'even'}"

    def dominates(self, other: Plan) -> bool:
        """Whether it is as good as the other one in cost, risk and time, and better in one of them."""
        mine, theirs = self[2:], other[2:]
        return mine != theirs and all(one <= two for one, two in zip(mine, theirs, strict=True))


@dataclass(frozen=True)
class Plans:
    """The plans of an order."""

    order: PastOrder
    sigma_bps: float
    """The standard deviation of the return of a candle."""
    finished: tuple[Plan, ...]
    """Those that fill the whole order."""
    unfinished: int
    """The number of plans whose books do not hold enough."""
    held: int
    """The number of lots that all books together hold."""

    @property
    def worth_choosing(self) -> list[Plan]:
        """Those that none dominates, the fastest first."""
        kept = [one for one in self.finished if not any(other.dominates(one) for other in self.finished)]
        return sorted(kept, key=lambda one: (one.done, one.cost_bps, one.risk_bps, one.urgency))


def plans_of(candles: Sequence[TimedCandle], order: PastOrder) -> Plans:
    """Try every plan; those that come to the same fills are one."""
    first = len(candles) - order.slices
    books = list(met_books(candles, first, order))
    sigma = pstdev(now.close / before.close - 1 for before, now in pairwise(candles[:first])) * BPS
    depth = sum(shown for met in books for _, shown in met.side)
    tried: dict[tuple[int, ...], Plan | None] = {}
    for count, urgency, schedule in _schedules(order):
        done = list(sliced(books, schedule, order))
        tried.setdefault(tuple(one.filled for one in done), _plan(count, urgency, done, sigma))
    finished = tuple(one for one in tried.values() if one is not None)
    return Plans(order, sigma, finished, len(tried) - len(finished), depth)


def held(count: int, urgency: float) -> list[float]:
    """The part of an order that is left after each slice, from 1 to 0."""
    step = 1 / count
    aversion = 2 * (cosh(urgency * step) - 1) / step**2  # so that the trajectory's kappa is the urgency
    return trajectory(1.0, count, 1.0, Impact(sigma=1.0, eta=1.0), aversion)


def _schedules(order: PastOrder) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    lengths = {round(order.slices ** (number / (LENGTHS - 1))) for number in range(LENGTHS)}
    for count in sorted(lengths):
        for urgency in URGENCIES:
            weights = [before - after for before, after in pairwise(held(count, urgency))] if urgency else [1.0] * count
            yield count, urgency, (*in_lots(weights, order.lots), *[0] * (order.slices - count))


def _plan(count: int, urgency: int, done: Sequence[Slice], sigma: float) -> Plan | None:
    lots = left = sum(one.filled for one in done)
    if done[-1].asked != done[-1].filled:
        return None
    exposed = last = 0
    for place, one in enumerate(done, start=1):
        left -= one.filled
        exposed += left * left
        last = place if one.filled else last
    cost = sum(one.slippage_bps * one.filled for one in done) / lots
    return Plan(count, urgency, round(cost, DIGITS), round(sigma * sqrt(exposed) / lots, DIGITS), last)
