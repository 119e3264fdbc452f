"""Latency: the time that a message takes to a venue, as a distribution with a stated mean and a stated 99th percentile.

It is lognormal, because a delay is never negative and its tail is long. Of a lognormal variable with the parameters mu
and sigma the mean is exp(mu + sigma²/2) and the 99th percentile exp(mu + z sigma), with z = 2.3263 (N. L. Johnson,
S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, volume 1, 1994, chapter 14). So the logarithm of their
ratio is z sigma - sigma²/2, which has a solution for every ratio up to exp(z²/2), about 15; of the two, this is the
smaller sigma (docs/decisions/0060-what-carries-an-order-to-a-venue.md).

>>> round(Delay(mean_ms=2, p99_ms=5).sigma, 6)
0.434441
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Final

from market_sim.core.errors import InputError
from market_sim.core.randomness import Stream
from market_sim.core.units import MILLISECOND

Z99: Final = NormalDist().inv_cdf(0.99)
LARGEST_RATIO: Final = math.exp(Z99 * Z99 / 2)


@dataclass(frozen=True)
class Delay:
    """A lognormal delay; without arguments, none. With equal mean and percentile every message takes the same time."""

    mean_ms: float = 0.0
    p99_ms: float = 0.0

    def __post_init__(self) -> None:
        is_possible = 0 < self.mean_ms <= self.p99_ms <= LARGEST_RATIO * self.mean_ms < math.inf
        if not (is_possible or self.mean_ms == self.p99_ms == 0):
            raise InputError(
                f"a latency has a mean of at least 0 ms and a 99th percentile from once to {LARGEST_RATIO:.1f} times "
                f"as long, found {self.mean_ms} and {self.p99_ms} ms"
            )

    @cached_property
    def sigma(self) -> float:
        """The standard deviation of the logarithm."""
        if not self.mean_ms:
            return 0.0
        return Z99 - math.sqrt(max(0.0, Z99 * Z99 - 2 * math.log(self.p99_ms / self.mean_ms)))

    @cached_property
    def mu(self) -> float:
        """The mean of the logarithm, of a delay in nanoseconds."""
        return math.log(self.mean_ms * MILLISECOND) - self.sigma**2 / 2 if self.mean_ms else 0.0

    def draw(self, stream: Stream) -> int:
        """The delay of one message, in nanoseconds."""
        if not self.mean_ms:
            return 0
        return round(math.exp(self.mu + self.sigma * stream.gauss(0.0, 1.0)))
