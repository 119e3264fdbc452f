"""Portfolio margin: the largest loss on one underlying over ten price moves (rulebook F-2.4).

After the OCC's TIMS, as used by SEC rule 15c3-1a and FINRA 4210(g): legs that offset each other need little margin,
which the strategy-based rules of margin_formulas.py do not recognize. Options are revalued by Black, Scholes and Merton
at their own, fixed volatility; positions on different underlyings do not offset each other.

>>> put = VanillaOption("put", spot=97_73, strike=95_00, years=0.1, volatility=0.2)
>>> hedged = [Leg(quantity=10_000), Leg(quantity=100, multiplier=100, option=put)]
>>> scan([Leg(quantity=10_000)], spot=97_73).requirement            # a bare share: 15 %
14659500
>>> scan(hedged, spot=97_73).requirement
4001622
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.validation import at_least_one, count, one_of, whole

STEPS = 5
MOVES: Mapping[str, tuple[int, int]] = {
    "stock": (-15, 15),
    "narrow_index": (-15, 15),
    "broad_index": (-10, 10),
    "large_index": (-8, 6),
}
"""The range of the scan down and up, in per cent; each side has five equal steps."""
LEAST_PER_UNIT = 37.5
"""$0.375 times the multiplier, in cents: the minimum for each option contract."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A position (negative: short) in an option, or in the underlying itself if `option` is None."""

    quantity: int
    multiplier: int = 1
    option: VanillaOption | None = None
    units: int = 0
    """The units of a contract for its minimum; 0 for the multiplier, which a split changes."""

    def __post_init__(self) -> None:
        whole("quantity", self.quantity)
        at_least_one("multiplier", self.multiplier)

    def value(self, spot: float) -> float:
        """The value of the leg at this price of the underlying."""
        each = spot if self.option is None else price(replace(self.option, spot=spot))
        return self.quantity * self.multiplier * each


class Scan(NamedTuple):
    """The requirement, the move in per cent that sets it, and the gain or loss at every move."""

    requirement: int
    worst_move: float
    outcomes: dict[float, int]


def moves(group: str) -> list[float]:
    """The ten moves of a class of underlyings, in per cent, from the deepest fall to the highest rise.

    >>> moves("stock")
    [-15.0, -12.0, -9.0, -6.0, -3.0, 3.0, 6.0, 9.0, 12.0, 15.0]
    """
    one_of("group", group, tuple(MOVES))
    down, up = MOVES[group]
    falls = [down * step / STEPS for step in range(STEPS, 0, -1)]
    return falls + [up * step / STEPS for step in range(1, STEPS + 1)]


def scan(legs: Sequence[Leg], *, spot: int, group: str = "stock") -> Scan:
    """The requirement for these legs in cents: their largest loss, at least $0.375 x multiplier for each contract."""
    count("spot", spot)
    now = math.fsum(leg.value(spot) for leg in legs)
    outcomes = {
        move: math.floor(math.fsum(leg.value(spot * (1 + move / 100)) for leg in legs) - now + 1e-6)
        for move in moves(group)
    }
    worst = min(outcomes, key=lambda move: outcomes[move])
    least = sum(
        LEAST_PER_UNIT * abs(leg.quantity) * (leg.units or leg.multiplier) for leg in legs if leg.option is not None
    )
    return Scan(max(-outcomes[worst], math.ceil(least), 0), worst, outcomes)
