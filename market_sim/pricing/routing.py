"""Routing: how an order is divided among venues that show different prices, sizes and fees (rulebook F-4.7).

Each level has a price with the taker's fee. With fees in proportion to the value and no latency, filling the
levels by that price is the cheapest way: a part that costs more could be exchanged for one that costs less. So the
plan is never dearer than any single venue. The other algorithms order the levels by something else:

    cost       the price with the fee
    shortfall  the expected price: where a message fails, the rest is bought later at the worst price that is shown now
    speed      the nearest venue first, then the price with the fee
    share      each venue by its share of the flow, then what is left by the price with the fee

Prices with fees are millionths of a price unit, so that everything here is exact.

>>> near = Place("SIM-NEAR", ((10_001, 50), (10_002, 50)), rate=300, latency_ns=1, share=0.5)
>>> far = Place("SIM-FAR", ((10_002, 80),), rate=0, latency_ns=9, share=0.5)
>>> plan("cost", (near, far), 1, 100).parts                 # 0.03 of 1 % of 10,001 is more than one price unit
(Part(venue='SIM-FAR', quantity=80, limit=10002), Part(venue='SIM-NEAR', quantity=20, limit=10001))
>>> plan("speed", (near, far), 1, 100).parts
(Part(venue='SIM-NEAR', quantity=100, limit=10002),)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from market_sim.core.errors import InputError
from market_sim.core.units import MILLION

Algorithm = Literal["cost", "shortfall", "speed", "share"]
ALGORITHMS: Final = get_args(Algorithm)


@dataclass(frozen=True)
class Place:
    """What one venue shows on the side that an order would take, and what taking there means."""

    venue: str
    levels: tuple[tuple[int, int], ...]
    """Price and quantity, the best first."""
    rate: int = 0
    """The taker's fee in millionths of the value."""
    latency_ns: int = 0
    share: float = 0.0
    reliability: float = 1.0
    """The share of messages that are answered."""


class Part(NamedTuple):
    """What goes to one venue, in one order that does not wait."""

    venue: str
    quantity: int
    limit: int


@dataclass(frozen=True)
class RoutePlan:
    """The parts of an order and what they cost if every level is still there."""

    parts: tuple[Part, ...]
    left: int
    """What no venue shows within the limit; parts and this add up to the order."""
    cost: int
    """The value of all parts with their fees (a sale: less their fees), in millionths of a price unit."""


class _Level(NamedTuple):
    place: Place
    price: int
    quantity: int
    net: int
    """What one unit costs with its fee; for a sale what it brings less its fee, negative. Lower is always better."""


def plan(algorithm: str, places: Sequence[Place], side: int, quantity: int, limit: int | None = None) -> RoutePlan:
    """Divide an order to buy (+1) or sell (-1) among venues, within a limit if there is one."""
    if algorithm not in ALGORITHMS:
        raise InputError(f"a router minimizes one of {', '.join(ALGORITHMS)}, found {algorithm!r}")
    if side not in (1, -1) or quantity < 1:
        raise InputError(f"an order has a side and a quantity, found {side} and {quantity}")
    levels = [
        _Level(place, price, size, side * price * (MILLION + side * place.rate))
        for place in places
        for price, size in place.levels
        if limit is None or side * price <= side * limit
    ]
    levels.sort(key=_ORDERS[algorithm](levels))
    most = _quotas(places, quantity) if algorithm == "share" else None
    taken = [0] * len(levels)
    left = _take(levels, quantity, taken, most)
    if most is not None:
        left = _take(levels, left, taken, None)
    return _plan(levels, taken, side, left)


def _take(levels: Sequence[_Level], left: int, taken: list[int], most: Mapping[str, int] | None) -> int:
    """Take from the levels in their order, from each venue at most its quota; what is left then."""
    quotas = dict(most) if most is not None else None
    for place, level in enumerate(levels):
        free = min(left, level.quantity - taken[place])
        if quotas is not None:
            free = min(free, quotas[level.place.venue])
            quotas[level.place.venue] -= free
        taken[place] += free
        left -= free
    return left


def _plan(levels: Sequence[_Level], taken: Sequence[int], side: int, left: int) -> RoutePlan:
    """One part for each venue, with the worst price of its levels as the limit."""
    parts: dict[str, Part] = {}
    cost = 0
    for level, quantity in zip(levels, taken, strict=True):
        if not quantity:
            continue
        cost += level.net * quantity
        before = parts.get(level.place.venue)
        worst = level.price if before is None else side * max(side * level.price, side * before.limit)
        parts[level.place.venue] = Part(level.place.venue, quantity + (before.quantity if before else 0), worst)
    return RoutePlan(tuple(parts.values()), left, side * cost)


def _quotas(places: Sequence[Place], quantity: int) -> dict[str, int]:
    """The quantity of each venue by its share; what rounding leaves goes to the largest remainders."""
    total = sum(place.share for place in places)
    if not total:
        return {place.venue: 0 for place in places}
    exact = {place.venue: quantity * place.share / total for place in places}
    quotas = {venue: int(part) for venue, part in exact.items()}
    for venue in sorted(exact, key=lambda venue: quotas[venue] - exact[venue])[: quantity - sum(quotas.values())]:
        quotas[venue] += 1
    return quotas


Key = Callable[[_Level], tuple[float, ...]]


def _by_cost(_: Sequence[_Level]) -> Key:
    return lambda level: (level.net,)


def _by_shortfall(levels: Sequence[_Level]) -> Key:
    worst = max((level.net for level in levels), default=0)
    return lambda level: (level.place.reliability * level.net + (1 - level.place.reliability) * worst, level.net)


def _by_speed(_: Sequence[_Level]) -> Key:
    return lambda level: (level.place.latency_ns, level.net)


_ORDERS: Final[Mapping[str, Callable[[Sequence[_Level]], Key]]] = {
    "cost": _by_cost, "shortfall": _by_shortfall, "speed": _by_speed, "share": _by_cost,
}  # fmt: skip
