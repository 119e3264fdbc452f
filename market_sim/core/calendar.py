"""The calendar: the moment at which every run begins, for formats that want a date instead of a duration.

Programs that know real markets expect Unix time. Simulated time counts from zero, and one fixed moment stands for it:
the same run has the same dates wherever and whenever it is run.

>>> unix_microseconds(0), unix_microseconds(1_500_000_000)
(1767225600000000, 1767225601500000)
"""

from __future__ import annotations

from typing import Final

BEGINNING_S: Final = 1_767_225_600
"""1 January 2026, 00:00 UTC, in Unix seconds: the simulated time 0."""


def unix_microseconds(time_ns: int) -> int:
    """The Unix time of a simulated time, in microseconds, rounded down."""
    return BEGINNING_S * 1_000_000 + time_ns // 1_000
