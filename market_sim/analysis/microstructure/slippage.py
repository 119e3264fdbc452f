"""Slippage: what takers paid beside the midpoint before their order, by size, venue, time and side.

The slippage of a trade is D(P - M) for each unit, half of its effective spread. A table cuts the same trades in one
way; its cells add up to the whole exactly, because they count in halves of the smallest unit (rulebook F-8.1).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from market_sim.analysis.microstructure.spreads import Spread
from market_sim.core.models.intents import SIDE_NAMES
from market_sim.core.trading_day import TRADING_DAY_NS

BUCKETS = 4
"""Sizes and times are cut into this many classes."""


class Cell(NamedTuple):
    """The trades of one class; sums of cells are cells."""

    name: str
    trades: int
    quantity: int
    value: int
    """Price times quantity, in the smallest unit."""
    twice_cost: int
    """Twice what was paid beyond the midpoint, in the smallest unit."""

    @property
    def bps(self) -> float:
        """The cost in basis points of the value."""
        return self.twice_cost / 2 / self.value * 10_000 if self.value else 0.0


def cells(found: Iterable[Spread], name: Callable[[Spread], str], order: Sequence[str] = ()) -> list[Cell]:
    """One cell for each name, in this order or in that of their first trades."""
    sums: dict[str, list[int]] = {one: [0, 0, 0, 0] for one in order}
    for one in found:
        trade, which = one.trade, name(one)
        cell = sums.get(which)
        if cell is None:
            cell = sums[which] = [0, 0, 0, 0]
        quantity = trade.quantity
        cell[0] += 1
        cell[1] += quantity
        cell[2] += trade.price * quantity
        cell[3] += one.effective * quantity
    return [Cell(one, *cell) for one, cell in sums.items() if cell[0]]


def total(parts: Iterable[Cell]) -> Cell:
    """All cells as one."""
    some = list(parts)
    return Cell(
        "all",
        sum(one.trades for one in some),
        sum(one.quantity for one in some),
        sum(one.value for one in some),
        sum(one.twice_cost for one in some),
    )


def by_size(found: Sequence[Spread]) -> list[Cell]:
    """Four classes of equal counts, as far as sizes can be told apart; each name says its sizes."""
    sizes = sorted(one.trade.quantity for one in found)
    limits = sorted({sizes[len(sizes) * part // BUCKETS] for part in range(BUCKETS)}) if sizes else []
    tops = [*(size for size in limits[1:]), sizes[-1] + 1] if sizes else []
    names = [
        f"{low:,}" if low == high - 1 else f"{low:,} to {high - 1:,}" for low, high in zip(limits, tops, strict=True)
    ]
    return cells(found, lambda one: names[bisect_right(limits, one.trade.quantity) - 1], names)


def by_time(found: Sequence[Spread], end: int) -> list[Cell]:
    """Four equal parts of the run."""
    part = max(1, -(-(end + 1) // BUCKETS))
    names = [
        f"{place * part / TRADING_DAY_NS:.1f} to {(place + 1) * part / TRADING_DAY_NS:.1f} s"
        for place in range(BUCKETS)
    ]
    return cells(found, lambda one: names[one.trade.time // part], names)


def by_side(found: Iterable[Spread]) -> list[Cell]:
    """Buyers and sellers."""
    return cells(found, lambda one: SIDE_NAMES[one.trade.side], tuple(SIDE_NAMES.values()))


def by_venue(found: Iterable[Spread]) -> list[Cell]:
    """The venues; one without a name where the run has only one."""
    return cells(found, lambda one: one.trade.venue or "the exchange")


def by_account(found: Iterable[Spread]) -> list[Cell]:
    """Who took, the costliest in basis points first."""
    return sorted(cells(found, lambda one: one.trade.taker), key=lambda one: -one.bps)
