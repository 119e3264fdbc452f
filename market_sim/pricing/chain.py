"""An option chain: calls and puts over many strikes and expiries, each with its value and Greeks, in one call.

The factors of an expiry are computed once for the expiry, and those of a strike once for call and put together;
benchmarks/pricing.py measures the time.

>>> rows = chain(spot=100, strikes=[90, 100, 110], expiries=[0.25, 0.5], volatility=0.2, rate=0.05)
>>> [(row.years, row.strike, round(row.call.price, 2), round(row.put.price, 2)) for row in rows[:3]]
[(0.25, 90, 11.67, 0.55), (0.25, 100, 4.61, 3.37), (0.25, 110, 1.19, 9.82)]

A smile is a function of strike and years.

>>> smile = lambda strike, years: 0.2 + 0.1 * (strike / 100 - 1) ** 2
>>> round(chain(spot=100, strikes=[50], expiries=[1.0], volatility=smile)[0].put.vega, 4)
0.2437
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from market_sim.pricing.black_scholes import pair, sides
from market_sim.pricing.option import LARGEST, NO_DEVIATION, SMALLEST, Greeks, VanillaOption
from market_sim.pricing.validation import not_negative

Smile = Callable[[float, float], float]


class ChainRow(NamedTuple):
    """The call and the put of one strike and expiry."""

    years: float
    strike: float
    volatility: float
    call: Greeks
    put: Greeks


def chain(
    *,
    spot: float,
    strikes: Sequence[float],
    expiries: Sequence[float],
    volatility: float | Smile,
    rate: float = 0.0,
    dividend_yield: float = 0.0,
) -> list[ChainRow]:
    """All European options of these strikes and expiries, expiry by expiry."""
    smile: Smile = volatility if callable(volatility) else lambda strike, years: volatility
    rows = []
    for years in expiries:
        for_checking = VanillaOption("call", spot, max(spot, 1.0), years, 0.2, rate, dividend_yield)
        root, uncertain = math.sqrt(years), not for_checking.is_certain
        carry, discount = math.exp(-dividend_yield * years), math.exp(-rate * years)
        for strike in strikes:
            sigma = not_negative("volatility", smile(strike, years))
            if uncertain and SMALLEST <= strike <= LARGEST and sigma * root >= NO_DEVIATION:
                call, put = sides(spot, strike, years, sigma, rate, dividend_yield, root, carry, discount)
            else:  # the slow path: it refuses an invalid strike, and values an option without uncertainty
                call, put = pair(replace(for_checking, strike=strike, volatility=sigma))
            rows.append(ChainRow(years, strike, sigma, call, put))
    return rows
