"""Stress tests: what named bad days would cost each holder (rulebook F-5).

A shock moves the price, multiplies volatility and spread, and thins the book. Every holding is valued before and
after; getting out then costs half of the wider spread, and a thinner book multiplies what a large order pays on top.

>>> stock = Holding(quantity=100, price=50_00, half_spread=2)
>>> [(row.shock, row.loss, row.exit_cost) for row in stress_table([stock], [FALL_10, SPREAD_TIMES_5])]
[('price -10 %', 50000, 200), ('spread x 5', 0, 1000)]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.pricing.black_scholes import price
from market_sim.pricing.option import VanillaOption
from market_sim.pricing.refusals import at_least_one, count, not_negative, number, positive, whole


@dataclass(frozen=True, slots=True)
class Shock:
    """A bad day: the move of the price in per cent, and what volatility, spread and depth are multiplied with."""

    name: str
    price_percent: float = 0.0
    volatility_times: float = 1.0
    spread_times: float = 1.0
    depth_times: float = 1.0

    def __post_init__(self) -> None:
        if number("price_percent", self.price_percent) < -100:
            raise InputError(f"a price falls by at most 100 %, found {self.price_percent}")
        for name in ("volatility_times", "spread_times"):
            not_negative(name, getattr(self, name))
        positive("depth_times", self.depth_times)


FALL_10 = Shock("price -10 %", price_percent=-10)
FALL_20 = Shock("price -20 %", price_percent=-20)
FALL_35 = Shock("price -35 %", price_percent=-35)
VOLATILITY_TIMES_2 = Shock("volatility x 2", volatility_times=2)
SPREAD_TIMES_5 = Shock("spread x 5", spread_times=5)
DEPTH_FIFTH = Shock("depth / 5", depth_times=0.2)
LIKE_1987 = Shock("like October 1987", price_percent=-20.5, volatility_times=4, spread_times=5, depth_times=0.2)
LIKE_2008 = Shock("like October 2008", price_percent=-9, volatility_times=3, spread_times=3, depth_times=0.3)
LIKE_2010 = Shock(
    "like the flash crash of 2010", price_percent=-9, volatility_times=2, spread_times=10, depth_times=0.1
)
LIKE_2020 = Shock("like March 2020", price_percent=-12, volatility_times=4, spread_times=4, depth_times=0.2)
SHOCKS = (
    FALL_10, FALL_20, FALL_35, VOLATILITY_TIMES_2, SPREAD_TIMES_5, DEPTH_FIFTH,
    LIKE_1987, LIKE_2008, LIKE_2010, LIKE_2020,
)  # fmt: skip
"""The falls of the last four are about the S&P 500's worst day, and its low within the day for 2010; the multiples are
orders of magnitude. They are models, not data."""


@dataclass(frozen=True, slots=True)
class Holding:
    """So many (negative: short) of a thing, its price, and what leaving costs for each: half a spread plus impact.

    `impact` is what one unit costs beyond the half spread when the whole holding is traded at once in a book of
    normal depth. With an option, `price` is the option's and the option says what it is written on.
    """

    quantity: int
    price: float
    multiplier: int = 1
    half_spread: float = 0.0
    impact: float = 0.0
    option: VanillaOption | None = None

    def __post_init__(self) -> None:
        whole("quantity", self.quantity)
        at_least_one("multiplier", self.multiplier)
        for name in ("price", "half_spread", "impact"):
            not_negative(name, getattr(self, name))

    def change(self, shock: Shock) -> float:
        """What the shock adds to the value of the holding."""
        rise = shock.price_percent / 100
        if self.option is None:
            return self.quantity * self.multiplier * self.price * rise
        now, spot, volatility = self.option, self.option.spot * (1 + rise), self.option.volatility
        then = replace(now, spot=spot, volatility=volatility * shock.volatility_times)
        return self.quantity * self.multiplier * (price(then) - price(now))

    def exit_cost(self, shock: Shock) -> float:
        """What leaving the whole holding costs after the shock."""
        each = self.half_spread * shock.spread_times + self.impact / shock.depth_times
        return abs(self.quantity) * self.multiplier * each


class StressLoss(NamedTuple):
    """One row: the loss in value (negative: a gain) and the cost of leaving, in the unit of the prices."""

    shock: str
    loss: int
    exit_cost: int


def stress_table(holdings: Sequence[Holding], shocks: Sequence[Shock] = SHOCKS) -> list[StressLoss]:
    """What each shock would cost, in whole units, rounded up."""
    return [
        StressLoss(
            shock.name,
            math.ceil(-math.fsum(holding.change(shock) for holding in holdings) - 1e-6),
            math.ceil(math.fsum(holding.exit_cost(shock) for holding in holdings) - 1e-6),
        )
        for shock in shocks
    ]


def would_be_called(equity: int, requirement: int, loss: int) -> bool:
    """Whether an account that loses this much falls below its requirement (meeting it exactly is enough)."""
    return whole("equity", equity) - whole("loss", loss) < count("requirement", requirement)


def deviation_at_correlation_one(deviations: Sequence[float]) -> float:
    """The standard deviation of a sum when everything moves together: diversification is gone.

    A short position has a negative deviation, and then still hedges.

    >>> deviation_at_correlation_one([200_000, 50_000]), deviation_at_correlation_one([200_000, -50_000])
    (250000.0, 150000.0)
    """
    return abs(math.fsum(number("deviation", deviation) for deviation in deviations))
