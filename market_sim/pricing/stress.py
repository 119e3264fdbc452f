"""Stress tests: the loss of a portfolio under named shocks (rulebook F-5).

A shock moves the price, multiplies volatility and spread, and reduces the depth of the book. Every holding is valued
before and after. The exit cost is half of the wider spread, plus a market impact that grows as depth shrinks.

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
from market_sim.pricing.validation import at_least_one, count, not_negative, number, positive, whole


@dataclass(frozen=True, slots=True)
class Shock:
    """A shock: the move of the price in per cent, and the factors for volatility, spread and depth."""

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
"""The falls of the last four are about those of the S&P 500's worst day (2010: its intraday low); the factors are
orders of magnitude. They are models, not data."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A position (negative: short), its price, and its exit cost per unit: half a spread plus impact.

    `impact` is the cost per unit beyond the half spread if the whole holding is traded at once in a book of normal
    depth. With an option, `price` is that of the option, and `option` gives its underlying.
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
        """The change in the value of the holding under the shock."""
        rise = shock.price_percent / 100
        if self.option is None:
            return self.quantity * self.multiplier * self.price * rise
        now, spot, volatility = self.option, self.option.spot * (1 + rise), self.option.volatility
        then = replace(now, spot=spot, volatility=volatility * shock.volatility_times)
        return self.quantity * self.multiplier * (price(then) - price(now))

    def exit_cost(self, shock: Shock) -> float:
        """The cost of closing the whole holding after the shock."""
        each = self.half_spread * shock.spread_times + self.impact / shock.depth_times
        return abs(self.quantity) * self.multiplier * each


class StressLoss(NamedTuple):
    """One row of a stress table: the loss in value (negative: a gain) and the exit cost, in the unit of the prices."""

    shock: str
    loss: int
    exit_cost: int


def stress_table(holdings: Sequence[Holding], shocks: Sequence[Shock] = SHOCKS) -> list[StressLoss]:
    """The loss and the exit cost under each shock, in whole units, rounded up."""
    return [
        StressLoss(
            shock.name,
            math.ceil(-math.fsum(holding.change(shock) for holding in holdings) - 1e-6),
            math.ceil(math.fsum(holding.exit_cost(shock) for holding in holdings) - 1e-6),
        )
        for shock in shocks
    ]


def would_be_called(equity: int, requirement: int, loss: int) -> bool:
    """Whether this loss brings an account below its requirement (meeting it exactly is enough)."""
    return whole("equity", equity) - whole("loss", loss) < count("requirement", requirement)


def deviation_at_correlation_one(deviations: Sequence[float]) -> float:
    """The standard deviation of a sum at correlation 1, that is, without diversification.

    A short position has a negative deviation, so it still hedges.

    >>> deviation_at_correlation_one([200_000, 50_000]), deviation_at_correlation_one([200_000, -50_000])
    (250000.0, 150000.0)
    """
    return abs(math.fsum(number("deviation", deviation) for deviation in deviations))
