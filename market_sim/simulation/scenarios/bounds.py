"""Bounds: the smallest and the largest value that a parameter of a scenario may have.

    traders: int = bounded(12, least=0, most=500)

Flags, forms and error messages read them from the field. A number without bounds of its own is limited by `LARGEST`.

>>> from dataclasses import dataclass, fields
>>> @dataclass
... class Room:
...     traders: int = bounded(12, least=0, most=500)
>>> Room().traders, bounds_of(fields(Room)[0])
(12, Bounds(least=0, most=500))
>>> Bounds(0, 500).said(float)
'a finite number from 0 to 500'
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple, TypeVar

from market_sim.core.errors import InputError

Number = TypeVar("Number", int, float)

LARGEST = 10**15
KEY = "bounds"


class Bounds(NamedTuple):
    """The smallest and the largest value of a number."""

    least: float = -LARGEST
    most: float = LARGEST

    def said(self, kind: type) -> str:
        """The expected value in words; the widest bounds are not mentioned."""
        number = "a whole number" if kind is int else "a finite number"
        return number if self == Bounds() else f"{number} from {self.least:,} to {self.most:,}"


def bounded(default: Number, *, least: Number, most: Number) -> Number:
    """A dataclass field with a default and bounds."""
    if not least <= default <= most:
        raise InputError(f"a default must be {Bounds(least, most).said(type(default))}, found {default:,}")
    # A dataclass sees the field; the type checker and the instance see a number.
    made: Number = dataclasses.field(default=default, metadata={KEY: Bounds(least, most)})
    return made


def bounds_of(field: dataclasses.Field[Any]) -> Bounds:
    """The bounds of a field; the widest where it has none of its own."""
    bounds: Bounds = field.metadata.get(KEY, Bounds())
    return bounds
