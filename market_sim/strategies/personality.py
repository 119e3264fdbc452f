"""Personalities: what makes participants with one kind of strategy differ, drawn at random.

Risk aversion is a factor around 1 (log-normal), speed is how often a participant looks, and skew is a lasting opinion:
by how much it takes the price for too low (positive) or too high. The same seed gives the same table.

>>> from market_sim.core.randomness import Randomness
>>> one = personality(Randomness(7).stream("personality/hawk"))
>>> one == personality(Randomness(7).stream("personality/hawk"))
True
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from market_sim.core.randomness import Stream

FASTEST_MS, SLOWEST_MS = 20, 120
MOST_SKEW_BPS = 8


@dataclass(frozen=True)
class Personality:
    """The risk aversion, the speed and the opinion of one participant."""

    risk_aversion: float
    speed_ms: int
    skew_bps: int

    def position(self, usual: int) -> int:
        """The largest position with this aversion to risk, given the usual one."""
        return max(1, round(usual / self.risk_aversion))


def personality(stream: Stream) -> Personality:
    """A random personality."""
    risk = round(exp(stream.gauss(0, 0.5)), 2)
    speed = FASTEST_MS + int(stream.random() * (SLOWEST_MS - FASTEST_MS + 1))
    skew = int((2 * stream.random() - 1) * (MOST_SKEW_BPS + 1))
    return Personality(risk, speed, skew)
