"""Units: parts of a whole in which rates are counted, and spans of time in which the clock of a run is."""

from __future__ import annotations

from typing import Final

BPS: Final = 10_000
"""Basis points in a whole."""
MILLION: Final = 1_000_000
"""Millionths in a whole: rates of fees and of interest."""
MILLISECOND: Final = 1_000_000
"""In nanoseconds, like all times of a run."""
SECOND: Final = 1_000 * MILLISECOND
