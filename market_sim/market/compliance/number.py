"""A number of a rule: its value with its bounds and its unit, for the reader of a rules file and for the rules page."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

TIME: Final = "time of day"
UNIT: Final = "unit"


@dataclass(frozen=True)
class Unit:
    """What one number of a rule counts, and its bounds; the type of its field says whether it is a time of day."""

    unit: str
    least: int
    most: int
    means: str


def number(default: int, unit: str, means: str, least: int = 0, most: int = 10**12) -> Any:
    """The field of a whole number with this unit."""
    return dataclasses.field(default=default, metadata={UNIT: Unit(unit, least, most, means)})


def time_of_day(default: str, means: str) -> Any:
    """The field of a time of day, such as 15:25."""
    return dataclasses.field(default=default, metadata={UNIT: Unit(TIME, 0, 0, means)})


def shown(value: int | str, unit: str) -> str:
    """A number of a rule as people write it.

    >>> shown(700, "bps"), shown(1_250, "bps"), shown(900, "s"), shown(45, "s"), shown(10_000_000, "cents")
    ('7 %', '12.5 %', '15 min', '45 s', '$100,000.00')
    >>> shown(0, "s of a halt"), shown(60, "orders"), shown("15:25", TIME)
    ('the rest of the day', '60 orders', '15:25')
    >>> shown(3_600 * 10**9, "ns"), shown(5_000_000, "ns"), shown(80, "percent")
    ('3,600 s', '5 ms', '80 %')
    """
    if isinstance(value, str):
        return value
    if unit == "bps":
        return f"{value / 100:g} %"
    if unit == "s of a halt":
        return shown(value, "s") if value else "the rest of the day"
    if unit == "s":
        return f"{value // 60} min" if value and value % 60 == 0 else f"{value} s"
    if unit == "percent":
        return f"{value} %"
    if unit == "ns":
        return f"{value / 1e9:,g} s" if value >= 10**9 else f"{value / 1e6:g} ms"
    if unit == "cents":
        return f"${value // 100:,}.{value % 100:02}"
    return f"{value:,} {unit}".strip()
