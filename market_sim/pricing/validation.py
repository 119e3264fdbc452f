"""Validation of inputs: numbers that are not finite, have the wrong sign, or are not whole are refused.

A formula with NaN as input returns NaN, and every result built on it is silently wrong. So each input is checked once,
where it enters, and the error says what was expected and what was found.

>>> number("rate", -0.01)
-0.01
>>> positive("strike", 0)
Traceback (most recent call last):
...
market_sim.core.errors.InputError: strike must be positive, found 0
>>> whole("contracts", 2.0)
Traceback (most recent call last):
...
market_sim.core.errors.InputError: contracts must be a whole number, found 2.0
"""

from __future__ import annotations

import sys

from market_sim.core.errors import InputError


def number(name: str, value: float) -> float:
    """A finite number; `True` and text are refused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise InputError(f"{name} must be a finite number, found {value!r}")
    return value


def not_negative(name: str, value: float) -> float:
    """A finite number of at least zero."""
    if number(name, value) < 0:
        raise InputError(f"{name} must not be negative, found {value!r}")
    return value


def positive(name: str, value: float) -> float:
    """A finite number above zero."""
    if number(name, value) <= 0:
        raise InputError(f"{name} must be positive, found {value!r}")
    return value


def between(name: str, value: float, low: float, high: float) -> float:
    """A number strictly inside an open interval."""
    if not low < number(name, value) < high:
        raise InputError(f"{name} must lie between {low} and {high}, found {value!r}")
    return value


def whole(name: str, value: int) -> int:
    """An integer; `True` and `2.0` are refused."""
    if type(value) is not int:
        raise InputError(f"{name} must be a whole number, found {value!r}")
    return value


def count(name: str, value: int) -> int:
    """A whole number of at least zero: an amount of cents, shares or days."""
    if whole(name, value) < 0:
        raise InputError(f"{name} must not be negative, found {value!r}")
    return value


def at_least_one(name: str, value: int) -> int:
    """A whole number above zero."""
    if whole(name, value) < 1:
        raise InputError(f"{name} must be at least 1, found {value!r}")
    return value


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    """A word from a short list."""
    if value not in allowed:
        raise InputError(f"{name} must be one of {', '.join(allowed)}, found {value!r}")
    return value
