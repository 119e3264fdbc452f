"""The bounds of a parameter: the least and the most that a field of a scenario may be, with its default.

    traders: int = bounded(12, least=0, most=500)

Flags, forms and errors read them from the field. A number without bounds of its own may still not be larger than a
balance on the chain can hold.

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
    """The least and the most that a number may be."""

    least: float = -LARGEST
    most: float = LARGEST

    def said(self, kind: type) -> str:
        """What is expected, in words; the widest bounds go without saying."""
        number = "a whole number" if kind is int else "a finite number"
        return number if self == Bounds() else f"{number} from {self.least:,} to {self.most:,}"


def bounded(default: Number, *, least: Number, most: Number) -> Number:
    """A field of a scenario with a default and the bounds that its value must keep."""
    if not least <= default <= most:
        raise InputError(f"a default must be {Bounds(least, most).said(type(default))}, found {default:,}")
    # A dataclass takes this for the field; everybody else sees the number that it becomes.
    made: Number = dataclasses.field(default=default, metadata={KEY: Bounds(least, most)})
    return made


def bounds_of(field: dataclasses.Field[Any]) -> Bounds:
    """The bounds of a field; the widest where none were given."""
    bounds: Bounds = field.metadata.get(KEY, Bounds())
    return bounds
