"""Money as integers: cents in the program, decimals only where people type or read.

>>> dollars(1_000)
100000
>>> cents(5)
5
>>> written(100003), written(-7), written(12, decimals=0)
('1,000.03', '-0.07', '12')
>>> units("100.03", decimals=2)
10003
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from market_sim.core.errors import InputError

CENTS_PER_DOLLAR = 100


def cents(amount: int) -> int:
    """An amount in cents; a scenario uses it to name the unit."""
    return amount


def dollars(amount: int) -> int:
    """A whole number of dollars, in cents."""
    return amount * CENTS_PER_DOLLAR


def written(amount: int, decimals: int = 2) -> str:
    """An integer amount of the smallest unit, as people read it."""
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), 10**decimals)
    return f"{sign}{whole:,}.{part:0{decimals}d}" if decimals else f"{sign}{whole:,}"


def units(text: str, decimals: int = 2) -> int:
    """A typed decimal number in the smallest unit; too many decimals are refused, not rounded."""
    try:
        scaled = Decimal(text).scaleb(decimals)
    except InvalidOperation:
        raise InputError(f"expected a decimal number such as 100.25, found {text!r}") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        number = f"number with at most {decimals} decimals" if decimals else "whole number"
        raise InputError(f"expected a {number}, found {text!r}")
    return int(scaled)
