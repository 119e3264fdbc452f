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
        """What they may be worth at their limits, in the smallest unit of the currency."""


class SafeLimits:
    """The limits of one instrument that a gate need not look at; it notices the trades of the instrument, too."""

    __slots__ = ("buy_most", "sell_least")

    def __init__(self, sell_least: int, buy_most: int) -> None:
        self.sell_least, self.buy_most = sell_least, buy_most

    def traded(self, prices: list[int], now: int) -> None:
        """Notice the trades of one order before they become entries: their prices only rise or only fall.

        Without rules nobody notices them.
        """


NO_ORDER = Allowance(0, 0)
"""The allowance of a member whose orders are all looked at; never changed, because it holds no order."""
UNWATCHED = SafeLimits(1, 0)
"""What a listing without rules has: no safe limits, and no notice of trades."""
