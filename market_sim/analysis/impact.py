"""The impact of one participant: a run beside the same run without it, and beside what the run alone lets one estimate.

The true impact is the difference of two price paths: the midpoints with the participant less those without it. The true
shortfall is what its trades cost beside the midpoints of the run in which it did not trade. Nobody in a market knows
either; the estimators see the one run that happened:

    arrival       each trade beside the midpoint before the participant's first order (Perold 1988)
    effective     each trade beside the midpoint just before it: half of the effective spread
    model         gamma X^2 / 2 + eps sum |n| + (eta~ / tau) sum n^2 with trades n in steps of tau (Almgren and Chriss
                  2000), gamma, eps and eta fitted to all trades and midpoints of the run (rulebook F-4.3)
    learned       the same with gamma, eps and eta of another run, which was over before this one began
    square root   the volatility of the run, times the root of the participant's share of the volume, times its quantity

All of them are costs: positive is bad for the participant. Fees are in the first two and in the true shortfall.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, pstdev
from typing import NamedTuple

from market_sim.analysis.mid_paths import MidPath, mid_paths
from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import InstrumentListed, OrderAccepted, Trade, book_name
from market_sim.core.models.run_events import AgentJoined

SAMPLE_NS = 100_000_000
"""The interval at which the two price paths are compared."""
STEP_NS = 1_000_000_000
"""The step tau of the model."""


@dataclass(frozen=True)
class Fill:
    """One trade of the participant; `change` is what it did to its position."""

    time: int
    price: int
    change: int
    fee: int


@dataclass(frozen=True)
class Impact:
    """The impact of a participant in one book; costs in the smallest unit of the quote currency."""

    book: str
    listed: InstrumentListed
    fills: tuple[Fill, ...]
    samples: tuple[tuple[int, int, int], ...]
    """Every 100 ms: the time, and twice the midpoint with the participant and without it."""
    true: float | None
    arrival: float | None
    effective: float | None
    model: float | None
    square_root: float | None
    """None where a midpoint or a price is missing."""
    learned: float | None = None
    """None without another run."""

    @property
    def bought(self) -> int:
        """The quantity bought."""
        return sum(fill.change for fill in self.fills if fill.change > 0)

    @property
    def sold(self) -> int:
        """The quantity sold."""
        return -sum(fill.change for fill in self.fills if fill.change < 0)

    @property
    def value(self) -> int:
        """The value of its trades, in the smallest unit."""
        return sum(abs(fill.change) * fill.price for fill in self.fills) * self.listed.multiplier

    @property
    def differences(self) -> list[tuple[int, int]]:
        """At each sample: the time, and twice the midpoint with the participant less that without it."""
        return [(time, one - other) for time, one, other in self.samples]

    @property
    def largest(self) -> tuple[int, int]:
        """The largest difference of the two paths, with its time."""
        return max(self.differences, key=lambda one: abs(one[1]), default=(0, 0))

    @property
    def last(self) -> int:
        """The difference at the end: what of the impact stays."""
        return self.samples[-1][1] - self.samples[-1][2] if self.samples else 0


class Coefficients(NamedTuple):
    """What the linear model needs of a run, with time in steps of tau."""

    gamma: float
    eps: float
    eta: float


def coefficients(journal: Journal) -> dict[str, Coefficients]:
    """The linear model of every book of a run, for use on others."""
    trades: dict[str, list[Trade]] = {}
    for trade in journal.of(Trade):
        trades.setdefault(book_name(trade.symbol, trade.venue), []).append(trade)
    end = journal[-1].time
    return {name: fitted(trades.get(name, []), path, end) for name, path in mid_paths(journal).items() if path.times}


def impacts(
    with_it: Journal, without_it: Journal, agent: str, learned: Mapping[str, Coefficients] | None = None
) -> list[Impact]:
    """The impact of this participant in every book, the first listed first; `learned` is from another run."""
    if agent not in {event.agent for event in with_it.of(AgentJoined)}:
        joined = ", ".join(event.agent for event in with_it.of(AgentJoined))
        raise InputError(f"there is no participant {agent!r} in this run; there are {joined or 'none'}")
    paths, others = mid_paths(with_it), mid_paths(without_it)
    listed = {event.symbol: event for event in with_it.of(InstrumentListed)}
    trades: dict[str, list[Trade]] = {}
    for trade in with_it.of(Trade):
        trades.setdefault(book_name(trade.symbol, trade.venue), []).append(trade)
    end = with_it[-1].time
    names = dict.fromkeys([*paths, *trades])
    first = _first_orders(with_it, agent)
    return [
        _impact(name, listed[name.partition(" on ")[0]], trades.get(name, []), agent, first.get(name),
                paths.get(name, MidPath()), others.get(name, MidPath()), end, (learned or {}).get(name))
        for name in names
    ]  # fmt: skip


def _impact(
    name: str, listed: InstrumentListed, trades: Sequence[Trade], agent: str, first: int | None, path: MidPath,
    other: MidPath, end: int, learned: Coefficients | None,
) -> Impact:  # fmt: skip
    fills = tuple(_fills(trades, agent))
    arrival = None if first is None else path.before(first)
    multiplier = listed.multiplier
    return Impact(
        name,
        listed,
        fills,
        tuple(_samples(path, other, end)),
        _cost(fills, [other.at(fill.time) for fill in fills], multiplier),
        _cost(fills, [arrival] * len(fills), multiplier),
        _cost(fills, [path.before(fill.time) for fill in fills], multiplier),
        _scaled(model_cost(fills, trades, path, end), multiplier),
        _scaled(square_root_cost(fills, trades, path, end), multiplier),
        None if learned is None else _scaled(predicted_cost(fills, learned, end), multiplier),
    )


def _first_orders(events: Iterable[Event], agent: str) -> dict[str, int]:
    """The time of the participant's first order in each book."""
    first: dict[str, int] = {}
    for event in events:
        if type(event) is OrderAccepted and event.account == agent:
            first.setdefault(book_name(event.terms.symbol, event.terms.venue), event.time)
    return first


def _fills(trades: Iterable[Trade], agent: str) -> Iterable[Fill]:
    for trade in trades:
        if trade.taker == agent:
            yield Fill(trade.time, trade.price, trade.side * trade.quantity, trade.taker_fee)
        if trade.maker == agent:
            yield Fill(trade.time, trade.price, -trade.side * trade.quantity, trade.maker_fee)


def _samples(path: MidPath, other: MidPath, end: int) -> Iterable[tuple[int, int, int]]:
    for time in range(SAMPLE_NS, end + 1, SAMPLE_NS):
        one, two = path.at(time), other.at(time)
        if one is not None and two is not None:
            yield time, one, two


def _cost(fills: Sequence[Fill], twice: Sequence[int | None], multiplier: int) -> float | None:
    """What the trades cost beside these benchmarks, with fees; None where there is no benchmark."""
    total = 0
    for fill, benchmark in zip(fills, twice, strict=True):
        if benchmark is None:
            return None
        total += fill.change * (2 * fill.price - benchmark)
    return total * multiplier / 2 + sum(fill.fee for fill in fills)


def model_cost(fills: Sequence[Fill], trades: Sequence[Trade], path: MidPath, end: int) -> float | None:
    """The expected cost of the participant's trades by the linear model, fitted to the run."""
    if not path.times:
        return None
    return predicted_cost(fills, fitted(trades, path, end), end)


def predicted_cost(fills: Sequence[Fill], model: Coefficients, end: int) -> float:
    """The expected cost of these trades by the linear model with these coefficients."""
    gamma, eps, eta = model
    flow = _flow([(fill.time, fill.change) for fill in fills], end)
    temporary = max(0.0, eta - gamma / 2) * sum(step**2 for step in flow)
    return gamma * sum(flow) ** 2 / 2 + eps * sum(map(abs, flow)) + temporary


def fitted(trades: Sequence[Trade], path: MidPath, end: int) -> Coefficients:
    """Gamma, eps and eta of the run, with time in steps of tau: the slopes are least squares through the origin.

    Gamma: the change of the midpoint in a step on the net quantity of its takers. Eps: half the mean spread. Eta: what
    takers paid beyond eps beside the midpoint before, on their quantity in the step.
    """
    flow = _flow([(trade.time, trade.side * trade.quantity) for trade in trades], end)
    mids = [path.at(number * STEP_NS - 1) for number in range(len(flow) + 1)]
    moves = [
        (quantity, (after - before) / 2)
        for quantity, (before, after) in zip(flow, pairwise(mids), strict=True)
        if before is not None and after is not None
    ]
    gamma = _slope(moves)
    eps = fmean(path.spreads) / 2
    paid: dict[int, list[tuple[int, float]]] = {}
    for trade in trades:
        before = path.before(trade.time)
        if before is not None:
            beyond = trade.side * (trade.price - before / 2) - eps
            paid.setdefault(trade.time // STEP_NS, []).append((trade.quantity, beyond))
    steps = [
        (sum(quantity for quantity, _ in some), sum(q * b for q, b in some) / sum(q for q, _ in some))
        for some in paid.values()
    ]
    return Coefficients(gamma, eps, _slope(steps))


def square_root_cost(fills: Sequence[Fill], trades: Sequence[Trade], path: MidPath, end: int) -> float | None:
    """The square-root law: sigma of the run times the root of the share of the volume, for each share traded."""
    quantity, volume = sum(abs(fill.change) for fill in fills), sum(trade.quantity for trade in trades)
    mids = [mid for number in range(1, end // STEP_NS + 1) if (mid := path.at(number * STEP_NS)) is not None]
    if len(mids) < 3 or not volume:
        return None
    changes = [(after - before) / 2 for before, after in pairwise(mids)]
    return pstdev(changes) * sqrt(len(changes)) * sqrt(quantity / volume) * quantity


def _flow(changes: Iterable[tuple[int, int]], end: int) -> list[int]:
    """The net quantity in each step."""
    flow = [0] * (end // STEP_NS + 1)
    for time, change in changes:
        flow[time // STEP_NS] += change
    return flow


def _slope(points: Iterable[tuple[float, float]]) -> float:
    over = under = 0.0
    for x, y in points:
        over, under = over + x * y, under + x * x
    return over / under if under else 0.0


def _scaled(cost: float | None, multiplier: int) -> float | None:
    return None if cost is None else cost * multiplier
