"""Rounding: the one place where a theoretical value becomes an integer price for an order.

Theory is a float; a price is a whole multiple of the tick (docs/decisions/0002-prices-are-integers-on-a-tick.md).

>>> as_price(475.94, tick=5)
475
>>> as_price(475.94, tick=5, towards="up"), as_price(477.5, tick=5), as_price(0.3, tick=5)
(480, 480, 0)
"""

from __future__ import annotations

import math
from fractions import Fraction

from market_sim.pricing.validation import at_least_one, number, one_of


def as_price(theory: float, tick: int, *, towards: str = "nearest") -> int:
    """The multiple of the tick that is nearest to the value; of two equally near, the higher.

    `towards="down"` and `"up"` give the next multiple on that side, for a maker's bid and ask. The exact value of the
    float is rounded. The result may be zero (less than half a tick), which the exchange refuses as a limit.
    """
    one_of("towards", towards, ("nearest", "down", "up"))
    ticks = Fraction(number("theory", theory)) / at_least_one("tick", tick)
    if towards == "nearest":
        ticks += Fraction(1, 2)
    return tick * (math.ceil(ticks) if towards == "up" else math.floor(ticks))
