"""The slice of an iceberg: how much to display, so that waiting and being seen cost the least together.

Each slice goes to the back of the queue at its price, so small slices wait often; a large one tells others that there
is much to come (rulebook F-4.9). With Q lots in slices of P, the queue A ahead of each slice and m lots traded there in
a unit of time,

    time  T = (ceil(Q / P) A + Q) / m
    cost    = risk aversion * volatility * sqrt(T) + information * P / depth

After P. Esser and B. Moench, Finance Research Letters 4 (2007), in a simpler form. Costs are in basis points.

>>> market = IcebergMarket(ahead=300, rate=50, volatility_bps=4, depth=1_000, information_bps=20)
>>> best_slice(1_000, market).display
334
>>> best_slice(1_000, market._replace(information_bps=0)).display
1000
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from typing import NamedTuple

from market_sim.core.errors import InputError

MOST_SLICES = 100_000
"""The most sizes that are compared."""


class IcebergMarket(NamedTuple):
    """What the cost of a slice depends on, beside its size."""

    ahead: float
    """The quantity that is displayed ahead of each slice when it joins the queue."""
    rate: float
    """The quantity that trades at this price in a unit of time."""
    volatility_bps: float
    """The standard deviation of the price in the root of a unit of time."""
    depth: float
    """The quantity that is usually displayed at a price."""
    information_bps: float = 0.0
    """What it costs to display as much as that."""
    risk_aversion: float = 1.0


USUAL = IcebergMarket(ahead=300, rate=50, volatility_bps=4, depth=300, information_bps=20)
"""The market where nothing is said, for a minute."""


class SliceCost(NamedTuple):
    """What a slice of this size is expected to cost, in basis points."""

    display: int
    slices: int
    time: float
    risk_bps: float
    information_bps: float

    @property
    def total_bps(self) -> float:
        """Both parts."""
        return self.risk_bps + self.information_bps


def slice_cost(quantity: int, display: int, market: IcebergMarket) -> SliceCost:
    """The expected cost of an order of this quantity in slices of this size; the last one may be smaller."""
    slices = -(-quantity // display)
    time = (slices * market.ahead + quantity) / market.rate
    risk = market.risk_aversion * market.volatility_bps * sqrt(time)
    return SliceCost(display, slices, time, risk, market.information_bps * display / market.depth)


def slice_costs(quantity: int, market: IcebergMarket, lot: int = 1) -> list[SliceCost]:
    """The costs of all sizes in whole lots, and of the whole order; InputError for what cannot be."""
    if lot < 1 or quantity < 1 or quantity % lot or quantity // lot > MOST_SLICES:
        raise InputError(f"an iceberg has 1 to {MOST_SLICES:,} whole lots, found {quantity} in lots of {lot}")
    for name, value in market._asdict().items():
        if not (isfinite(value) and value >= 0) or (value == 0 and name in ("rate", "depth")):
            raise InputError(
                f"rate and depth are more than zero and nothing is negative, found {name.replace('_', ' ')} {value:g}"
            )
    return [slice_cost(quantity, display, market) for display in range(lot, quantity + 1, lot)]


def best_slice(quantity: int, market: IcebergMarket, lot: int = 1) -> SliceCost:
    """The size with the least cost; of equal ones the largest, which is done first."""
    return cheapest(slice_costs(quantity, market, lot))


def cheapest(costs: Sequence[SliceCost]) -> SliceCost:
    """The least of these costs; of equal ones that of the largest slice."""
    return min(costs, key=lambda one: (one.total_bps, -one.display))
