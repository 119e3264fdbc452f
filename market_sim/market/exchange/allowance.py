"""An allowance: orders of one account that a gate need not look at, because they are far from every limit it checks.

A gate that looks at few orders only sets the allowance of a member and the safe limits of a listing. An ordinary order
within both passes without a call, and uses up a part of the allowance; when it is used up, or its price is not safe,
the gate is asked. The bounds are the gate's own: an order that is refused later has used up its part as well.
"""

from __future__ import annotations


class Allowance:
    """What one account may still order unseen."""

    __slots__ = ("headroom", "orders")

    def __init__(self, orders: int, headroom: int) -> None:
        self.orders = orders
        """The number of orders."""
        self.headroom = headroom
        """What they may be worth at the ceilings of their instruments, in the smallest unit of the currency."""


class SafeLimits:
    """The prices of one instrument that a gate need not look at, and the most that one unit of it can be worth."""

    __slots__ = ("buy_most", "ceiling", "sell_least")

    def __init__(self, sell_least: int, buy_most: int, ceiling: int) -> None:
        self.sell_least, self.buy_most, self.ceiling = sell_least, buy_most, ceiling


NO_ORDER = Allowance(0, 0)
"""The allowance of a member whose orders are all looked at; never changed, because it holds no order."""
NO_LIMIT = SafeLimits(1, 0, 0)
"""The safe limits of a listing whose orders are all looked at."""
