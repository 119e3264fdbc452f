"""Perpetual futures: funding, the mark price, and liquidation and bankruptcy prices (rulebook F-2.5, F-3.6).

A perpetual never expires, so delivery does not tie its price to the index. Funding does: at fixed times longs pay
shorts if the perpetual trades above the index, and shorts pay longs if it trades below.

>>> premium = premium_index(impact_bid=10_012, impact_ask=10_020, index=10_000)
>>> round(premium, 6), round(funding_rate([premium]), 6)     # the rate moves half a thousandth towards the interest
(0.0012, 0.0007)
>>> funding_payments({"alice": 3, "bob": -1, "carol": -2}, mark=10_007, rate_millionths=700)
{'alice': -21, 'bob': 7, 'carol': 14}

A position opened at 10,000 with tenfold leverage and 0.5 % maintenance, long and short:

>>> Leverage(entry=10_000, leverage=10, maintenance_bps=50).prices(1)
(9046, 9000)
>>> Leverage(entry=10_000, leverage=10, maintenance_bps=50).prices(-1)
(10945, 11000)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import fmean
from typing import NamedTuple

from market_sim.core.errors import InputError
from market_sim.core.units import BPS, MILLION
from market_sim.pricing.validation import at_least_one, between, count, number, positive, whole

INTEREST = 0.0001
"""The interest component of the funding rate for 8 hours: 0.01 %."""
CLAMP = 0.0005
"""The interest component changes the funding rate by at most 0.05 %."""


def premium_index(impact_bid: float, impact_ask: float, index: float) -> float:
    """The premium index: how far the impact prices (at which a sizeable order would trade) are from the index."""
    above = max(0.0, positive("impact bid", impact_bid) - positive("index", index))
    return (above - max(0.0, index - positive("impact ask", impact_ask))) / index


def funding_rate(premiums: Sequence[float], *, interest: float = INTEREST, cap: float | None = None) -> float:
    """F = mean premium + clamp(interest - mean premium, +-0.05 %), limited to +-cap; positive: longs pay shorts."""
    if not premiums:
        raise InputError("a funding rate needs at least one premium of the period, found none")
    mean = fmean(number("premium", premium) for premium in premiums)
    rate = mean + min(max(number("interest", interest) - mean, -CLAMP), CLAMP)
    return rate if cap is None else min(max(rate, -positive("cap", cap)), cap)


def funding_payments(positions: Mapping[str, int], *, mark: int, rate_millionths: int) -> dict[str, int]:
    """The amount that each account receives (negative: pays) for its open position; the sum is exactly zero.

    Position x mark x rate is rounded down for every account; the remaining cents go to the accounts that lost most by
    the rounding, and among equals to the first in the order of the mapping.
    """
    if sum(whole(f"the position of {name}", held) for name, held in positions.items()):
        raise InputError(f"longs and shorts of a perpetual are equal, found a sum of {sum(positions.values())}")
    exact = whole("rate_millionths", rate_millionths) * at_least_one("mark", mark)
    due = {name: divmod(-held * exact, MILLION) for name, held in positions.items()}
    missing = -sum(cash for cash, _ in due.values())
    lost_most = set(sorted(due, key=lambda name: -due[name][1])[:missing])
    return {name: cash + (name in lost_most) for name, (cash, _) in due.items()}


def mark_price(index: float, average_basis: float) -> float:
    """The mark price: the index plus the average basis, so that one outlying trade liquidates no position."""
    return positive("index", index) + number("average_basis", average_basis)


def average_basis(previous: float, price: float, index: float, *, weight: float) -> float:
    """The exponential moving average of (price - index) after one more observation with this weight."""
    latest = positive("price", price) - positive("index", index)
    return number("previous", previous) + between("weight", weight, 0, 1) * (latest - previous)


@dataclass(frozen=True, slots=True)
class Leverage:
    """One isolated position of a linear contract: entry price, leverage and maintenance margin rate."""

    entry: int
    leverage: int
    maintenance_bps: int

    def __post_init__(self) -> None:
        at_least_one("entry", self.entry)
        at_least_one("leverage", self.leverage)
        between("maintenance_bps", whole("maintenance_bps", self.maintenance_bps), 0, BPS)
        if self.maintenance_bps * self.leverage >= BPS:
            raise InputError(
                f"at leverage {self.leverage} the margin is {BPS / self.leverage:g} bps of the position, "
                f"which must exceed the maintenance of {self.maintenance_bps}: it would be liquidated at once"
            )

    def bankruptcy(self, direction: int) -> Fraction:
        """E (1 -/+ 1/L): the price at which the position has lost all its margin."""
        return self.entry * (1 - Fraction(_side(direction), self.leverage))

    def liquidation(self, direction: int) -> Fraction:
        """E (1 -/+ 1/L) / (1 -/+ mmr): the price at which the remaining margin equals the maintenance margin."""
        return self.bankruptcy(direction) / (1 - _side(direction) * Fraction(self.maintenance_bps, BPS))

    def prices(self, direction: int) -> tuple[int, int]:
        """The liquidation and bankruptcy prices, rounded towards the entry, so that they are never too late."""
        exact = (self.liquidation(direction), self.bankruptcy(direction))
        rounded = [math.ceil(price) if direction > 0 else math.floor(price) for price in exact]
        return rounded[0], rounded[1]


def _side(direction: int) -> int:
    if direction not in (1, -1):
        raise InputError(f"direction is +1 for a long and -1 for a short position, found {direction!r}")
    return direction


class Tier(NamedTuple):
    """A tier of position sizes: from this notional upwards this maintenance rate applies."""

    notional_from: int
    maintenance_bps: int


def initial_margin(notional: int, leverage: int) -> int:
    """IM = N / L, rounded up."""
    return -(-count("notional", notional) // at_least_one("leverage", leverage))


def maintenance_margin(notional: int, tiers: Sequence[Tier]) -> int:
    """MM = rate x N - amount, rounded up; the amount makes the margin continuous from tier to tier.

    >>> tiers = [Tier(0, 50), Tier(50_000_00, 100)]
    >>> maintenance_margin(50_000_00, tiers), maintenance_margin(60_000_00, tiers)
    (25000, 35000)
    """
    starts = [count("notional_from", tier.notional_from) for tier in tiers]
    if not starts or starts[0] or starts != sorted(set(starts)):
        raise InputError(f"tiers start at 0 and rise, found {starts}")
    count("notional", notional)
    owed, ends = 0, [*starts[1:], max(notional, starts[-1])]
    for tier, end in zip(tiers, ends, strict=True):
        part = max(0, min(notional, end) - tier.notional_from)
        owed += part * count("maintenance_bps", tier.maintenance_bps)
    return -(-owed // BPS)
