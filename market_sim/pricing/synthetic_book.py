"""A synthetic order book: what a book may have shown, from a price, the average true range and the volume of a candle.

Half the spread is a share of the average true range (ATR), within limits in basis points and never less than half a
tick. Levels lie a share of the ATR apart, and the displayed quantities fall exponentially from the best price, scaled
so that the depth within one ATR is a share of the volume (rulebook F-4.8). This is a model and no data: it knows
nothing of the book that was really there. Nothing in it is drawn by chance.

>>> level = synthetic_side(100.0, 2.0, 1_000, BUYING, BookModel(tick=0.5, levels=4))
>>> level
[(201, 50), (202, 27), (203, 15), (204, 8)]
>>> taken(level, 60)
Taken(quantity=60, value=12070)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp, floor
from typing import NamedTuple

from market_sim.core.units import BPS

BUYING, SELLING = 1, -1
NEARLY = 1e-9
"""In ticks: a price that floating point puts this close to a tick lies on it."""


class BookModel(NamedTuple):
    """The parameters of the model; the shares are those of the rulebook."""

    tick: float = 0.01
    spread_share: float = 0.05
    """Half the spread as a share of the ATR."""
    least_bps: float = 0.5
    most_bps: float = 100.0
    """The limits of half the spread."""
    levels: int = 20
    depth_share: float = 0.1
    """The depth of one side within one ATR as a share of the volume."""
    decay: float = 0.4
    """After this share of the levels the displayed quantity has fallen by the factor e."""


class Taken(NamedTuple):
    """What an order took: the quantity, and its value in ticks."""

    quantity: int
    value: int


def half_spread(middle: float, atr: float, model: BookModel) -> float:
    """Half the spread, before prices are rounded away from the middle to a tick."""
    bps = model.spread_share * atr / middle * BPS
    return max(model.tick / 2, min(max(bps, model.least_bps), model.most_bps) * middle / BPS)


def synthetic_side(middle: float, atr: float, volume: float, sign: int, model: BookModel) -> list[tuple[int, int]]:
    """The prices in ticks and the quantities in lots that a buyer (or a seller) finds, the best first."""
    best, step = half_spread(middle, atr, model), max(model.tick, atr / model.levels)
    weights = [exp(-number / (model.decay * model.levels)) for number in range(model.levels)]
    near = sum(weight for number, weight in enumerate(weights) if number == 0 or number * step < atr)
    found: list[tuple[int, int]] = []
    summed, shown = 0.0, 0
    for number, weight in enumerate(weights):
        summed += weight
        # Cumulated depth is rounded, not each level: so more volume never means less depth at any price.
        depth = floor(model.depth_share * volume * summed / near + NEARLY)
        ticks = (middle + sign * (best + number * step)) / model.tick
        price = ceil(ticks - NEARLY) if sign == BUYING else floor(ticks + NEARLY)
        if price > 0 and depth > shown:
            found.append((price, depth - shown))
        shown = depth
    return found


def synthetic_spread(middle: float, atr: float, model: BookModel) -> float:
    """The quoted spread in basis points of the middle, both sides rounded away from it to a tick."""
    half = half_spread(middle, atr, model)
    ask = ceil((middle + half) / model.tick - NEARLY)
    bid = floor((middle - half) / model.tick + NEARLY)
    return (ask - bid) * model.tick / middle * BPS


def taken(side: Sequence[tuple[int, int]], lots: int) -> Taken:
    """What an order of so many lots takes of these levels, at most all of them."""
    quantity = value = 0
    for price, shown in side:
        part = min(shown, lots - quantity)
        quantity += part
        value += part * price
        if quantity == lots:
            break
    return Taken(quantity, value)
