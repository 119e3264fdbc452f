"""Trading fees: a maker rate, a taker rate and a minimum, rounded in favour of the exchange.

Rates are millionths of the value traded (`bps(0.2)` is 20 of them), so that they are integers. A negative rate is a
rebate. A fee rounds up once per order and role, not once per fill: after each fill an order has paid the `total` for
everything it has traded, so splitting an order into many fills costs nothing extra.

>>> schedule = FeeSchedule(maker=bps(1), taker=bps(2.5))
>>> schedule.taker_total(10_000), schedule.taker_total(10_001)      # cents: 2.5, 2.50025
(3, 3)
>>> FeeSchedule(maker=bps(-1), taker=bps(2)).maker_total(15_000)     # a rebate of 1.5 is rounded down to 1
-1
"""

from __future__ import annotations

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.units import MILLION


def bps(points: float) -> int:
    """Basis points as an integer rate in millionths."""
    rate = round(points * 100)
    if abs(rate - points * 100) > 1e-6:
        raise InputError(f"a rate has at most two decimals of a basis point, found {points}")
    return rate


class FeeSchedule(msgspec.Struct, frozen=True):
    """The fees of one kind of instrument; no fee is larger than the value it is charged on."""

    maker: int = 0
    taker: int = 0
    minimum: int = 0

    def __post_init__(self) -> None:
        if not (-MILLION < self.maker <= MILLION and 0 <= self.taker <= MILLION and self.minimum >= 0):
            raise InputError(f"a fee rate lies within 100 % and only a maker's may be negative, found {self}")
        if self.maker + self.taker < 0:
            raise InputError(f"the maker's rebate {-self.maker} must not exceed the taker's fee {self.taker}")

    @property
    def free(self) -> bool:
        """Whether trading is free of fees."""
        return not (self.maker or self.taker or self.minimum)

    def most(self, cash: int) -> int:
        """The largest total fee of an order that trades this value: each role rounds up and has the minimum once."""
        return 1 + 2 * self.minimum - (-cash * max(self.maker, self.taker) // MILLION)

    def maker_total(self, cash: int) -> int:
        """The total maker fee of an order that traded this value while resting; negative for a rebate."""
        owed = -(-cash * self.maker // MILLION)
        return owed if owed >= self.minimum or self.maker < 0 else min(cash, self.minimum)

    def taker_total(self, cash: int) -> int:
        """The total taker fee of an order that traded this value on arrival."""
        owed = -(-cash * self.taker // MILLION)
        return owed if owed >= self.minimum else min(cash, self.minimum)

    def charge(self, rested: int, taken: int, cash: int) -> tuple[int, int]:
        """The maker fee and the taker fee of one fill, given the value that each order traded in that role before."""
        return (
            self.maker_total(rested + cash) - self.maker_total(rested),
            self.taker_total(taken + cash) - self.taker_total(taken),
        )

    def maker_reserve(self, traded: int, cash: int) -> int:
        """The fee reservation for the rest of a resting order that has traded this value so far."""
        return max(0, self.maker_total(traded + cash) - self.maker_total(traded))
