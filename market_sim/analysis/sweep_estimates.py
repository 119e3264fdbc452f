"""The estimates of a sweep: for each point of its axes the mean of every measure, with its 95 % confidence interval.

The interval is Student's (1908): mean ± t s / √n. With one run there is none.

>>> one = estimate([4.0, 6.0, 5.0])
>>> one.mean, round(one.half or 0, 3), one.runs
(5.0, 2.484, 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import NamedTuple

from market_sim.core.errors import InputError

T_975 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""The 97.5 % quantiles of Student's distribution with 1 to 30 degrees of freedom."""
Z_975 = 1.959964

AxisValue = int | float | str | bool | None


class Estimate(NamedTuple):
    """The mean of some runs, and half of its interval."""

    mean: float
    half: float | None
    runs: int

    def __str__(self) -> str:
        """The mean and the half interval with as many digits as they have a meaning."""
        return shown(self.mean) if self.half is None else f"{shown(self.mean)} ± {shown(self.half)}"


class Point(NamedTuple):
    """One point of the axes: its values, how often it was run, and its estimates by measure."""

    values: tuple[AxisValue, ...]
    runs: int
    estimates: dict[str, Estimate]


SHOWN = 6
"""The number of measures that are shown unless others are chosen."""


class Estimates(NamedTuple):
    """All of a sweep that is shown."""

    title: str
    axes: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of all measures."""
        return tuple(dict.fromkeys(name for point in self.points for name in point.estimates))

    def chosen(self, names: Sequence[str] | None) -> tuple[str, ...]:
        """These measures, if the sweep has them; without any, the first that are not zero everywhere."""
        if names:
            if wrong := next((name for name in names if name not in self.measures), None):
                raise InputError(f"there is no measure {wrong!r} in this sweep; there is {', '.join(self.measures)}")
            return tuple(names)
        telling = (
            name for name in self.measures
            if any(point.estimates[name].mean for point in self.points if name in point.estimates)
        )  # fmt: skip
        return tuple(telling)[:SHOWN]


def estimate(numbers: Sequence[float]) -> Estimate:
    """The mean with half of its 95 % interval."""
    count = len(numbers)
    half = _quantile(count - 1) * stdev(numbers) / sqrt(count) if count > 1 else None
    return Estimate(fmean(numbers), half, count)


def shown(number: float) -> str:
    """A number with about four digits, and thousands set apart.

    >>> shown(0.123456), shown(12.3456), shown(1234.56), shown(0.0), shown(-0.00001)
    ('0.1235', '12.35', '1,235', '0', '-1e-05')
    """
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}"
    if abs(number) >= 1_000:
        return f"{number:,.0f}"
    return f"{number:.4g}"


def _quantile(freedom: int) -> float:
    """Student's quantile: from the table, and beyond it by the first term of its expansion in 1 / freedom."""
    if freedom <= len(T_975):
        return T_975[freedom - 1]
    return Z_975 + (Z_975**3 + Z_975) / (4 * freedom)
