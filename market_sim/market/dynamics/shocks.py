"""Shocks: what a scenario lets happen to the market at an appointed time."""

from __future__ import annotations

from dataclasses import dataclass

from market_sim.core.errors import InputError


@dataclass(frozen=True)
class PriceShock:
    """News that changes the believed value of an instrument by some percent at once."""

    symbol: str
    percent: float

    def __post_init__(self) -> None:
        if not -100 < self.percent <= 1_000:
            raise InputError(f"a price shock lies between -100 and 1000 percent, found {self.percent}")
