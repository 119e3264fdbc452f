"""Forwards and futures: the forward price and the daily settlement (rulebook F-3.5; Hull, ch. 2 and 5).

>>> round(forward_price(40, years=0.25, rate=0.05), 2)                      # Hull, ch. 5.4
40.5
>>> round(forward_price(1300, years=0.25, rate=0.05, dividend_yield=0.01), 2)
1313.07

Theory uses floats. The daily settlement is money and therefore integers; it sums to zero over longs and shorts.

>>> variation_margin(2, multiplier=100, previous=145_000, settled=144_100)
-180000
>>> top_up(7_980_00, initial=12_000_00, maintenance=9_000_00)
402000
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from market_sim.core.errors import InputError
from market_sim.pricing.option import LARGEST_GROWTH, Dividend, present_value
from market_sim.pricing.validation import at_least_one, not_negative, number, positive, whole


def forward_price(
    spot: float, *, years: float, rate: float, dividend_yield: float = 0.0, income: Sequence[Dividend] = ()
) -> float:
    """F = (S - PV(income)) exp((r - q) T): the price at which buying now and holding costs as much as buying later."""
    kept = positive("spot", spot) - present_value(income, rate, years)
    if kept <= 0:
        raise InputError(f"the income is worth {spot - kept}, more than the price {spot} of the underlying")
    return kept * _growth(years, number("rate", rate) - number("dividend_yield", dividend_yield))


def forward_value(agreed: float, forward: float, *, years: float, rate: float) -> float:
    """The value of a long forward with this agreed price at the present forward price."""
    return (number("forward", forward) - number("agreed", agreed)) * _growth(years, -number("rate", rate))


def basis(spot: float, future: float) -> float:
    """Spot less future: negative while the cost of carry is positive, zero at delivery."""
    return positive("spot", spot) - positive("future", future)


def implied_carry(spot: float, future: float, *, years: float) -> float:
    """The yearly cost of carry (r - q) that two prices imply."""
    return math.log(positive("future", future) / positive("spot", spot)) / positive("years", years)


def _growth(years: float, rate: float) -> float:
    if abs(rate * not_negative("years", years)) > LARGEST_GROWTH:
        raise InputError(f"rate times years must stay within {LARGEST_GROWTH:g}, found {rate * years:g}")
    return math.exp(rate * years)


def variation_margin(contracts: int, *, multiplier: int, previous: int, settled: int) -> int:
    """The gain of a position over one day, in the unit of the prices; a short holds a negative number of contracts."""
    moved = whole("settled", settled) - whole("previous", previous)
    return whole("contracts", contracts) * at_least_one("multiplier", multiplier) * moved


def top_up(balance: int, *, initial: int, maintenance: int) -> int:
    """The margin call: 0 while the balance reaches maintenance, else the amount up to the *initial* level."""
    if not 0 < whole("maintenance", maintenance) <= whole("initial", initial):
        raise InputError(f"maintenance must lie above 0 and not above initial, found {maintenance} and {initial}")
    return initial - balance if whole("balance", balance) < maintenance else 0
