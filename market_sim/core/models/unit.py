"""The unit of a derivative: the shares and the cash behind it, which corporate actions change."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

import msgspec


class Unit(msgspec.Struct, frozen=True):
    """The deliverable behind one unit of a derivative: `shares / parts` of the underlying and `cash / parts` in cents.

    When a derivative is listed, its unit is one share. A corporate action changes the unit and nothing else: price,
    strike, multiplier, positions and open orders keep their meaning, so no party gains or loses (the adjusted
    deliverable of the Options Clearing Corporation; docs/decisions/0014).

    >>> unit = Unit().split(2, 1)                       # two new shares for each old one, at half the price
    >>> unit.worth(50_00), unit.paid(4_00).worth(46_00)
    (10000, 10000)
    >>> unit.shares_in(10), unit.per_share(80_00)
    (20, 4000)
    """

    shares: int = 1
    parts: int = 1
    cash: int = 0

    def split(self, new: int, old: int) -> Unit:
        """The unit after each `old` shares became `new` shares."""
        shares, parts, cash = self.shares * new, self.parts * old, self.cash * old
        common = gcd(shares, parts, cash)
        return Unit(shares // common, parts // common, cash // common)

    def paid(self, amount: int) -> Unit:
        """The unit after a cash payment per share, which the unit now holds."""
        return Unit(self.shares, self.parts, self.cash + amount * self.shares)

    def worth(self, price: int) -> int:
        """The value of a unit at this price of a share, rounded down."""
        return (price * self.shares + self.cash) // self.parts

    def per_share(self, worth: int) -> int:
        """The share price at which a unit has this value, rounded down: a strike in present terms."""
        return (worth * self.parts - self.cash) // self.shares

    def shares_in(self, size: int) -> int:
        """The number of shares in this number of units."""
        return size * self.shares // self.parts

    def cash_in(self, size: int) -> int:
        """The cash in this number of units, beside the shares."""
        return size * self.cash // self.parts

    def divides(self, size: int) -> bool:
        """Whether this number of units is a whole number of shares and of cents."""
        return not (size * self.shares % self.parts or size * self.cash % self.parts)


Change = Callable[[Unit], Unit]
"""What a corporate action makes of a unit."""
