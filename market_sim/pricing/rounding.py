"""From theory to a price: the one place where a theoretical value becomes an integer that can be ordered at.

Theory is a float; a price is a whole multiple of the tick (docs/decisions/0002-prices-are-integers-on-a-tick.md).

>>> as_price(475.94, tick=5)
475
>>> as_price(475.94, tick=5, towards="up"), as_price(477.5, tick=5), as_price(0.3, tick=5)
(480, 480, 0)
"""

from __future__ import annotations

import math
from fractions import Fraction

from market_sim.pricing.refusals import at_least_one, number, one_of


def as_price(theory: float, tick: int, *, towards: str = "nearest") -> int:
    """The multiple of the tick that is nearest to the value, the higher of two that are equally near.

    `towards="down"` and `"up"` give the next one on that side, as a maker's bid and ask want it. The value is taken
    for exactly what the float holds. Zero is an answer (the thing is worth less than half a tick); as a limit the
    exchange refuses it.
    """
    one_of("towards", towards, ("nearest", "down", "up"))
    ticks = Fraction(number("theory", theory)) / at_least_one("tick", tick)
    if towards == "nearest":
        ticks += Fraction(1, 2)
    return tick * (math.ceil(ticks) if towards == "up" else math.floor(ticks))
