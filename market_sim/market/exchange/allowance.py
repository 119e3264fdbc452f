"""An allowance: orders of one account that a gate need not look at, because they are far from every limit it checks.

A gate that looks at few orders only sets the allowance of a member and the safe limits of a listing. An ordinary order
within both passes without a call, and uses up a part of the allowance; when it is used up, or its price is not safe,
the gate is asked. The bounds are the gate's own: an order that is refused later has used up its part as well. Likewise
for trades: those at safe prices are only noted, and the first other one is told at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_sim.market.exchange.order_book import Fill

FOREVER = 2**62


class Allowance:
    """What one account may still order unseen."""

    __slots__ = ("most", "orders")

    def __init__(self) -> None:
        self.orders = 0
        """The number of orders."""
        self.most = 0
        """What each of them may be worth at its limit, in the smallest unit of the currency."""

    def renew(self, now: int, worth: int) -> int:
        """Allow orders again, if that is possible; how many of this worth there are."""
        return 0


class SafeRange:
    """The limits and the trade prices of one instrument that need no look; at first there are none."""

    __slots__ = ("alarm", "buy_most", "high", "last", "left", "low", "prices", "sell_least", "times", "until")

    def __init__(self, alarm: Callable[[], object]) -> None:
        """`alarm` is called before a trade becomes an entry that is not safe."""
        self.alarm = alarm
        self.sell_least, self.buy_most = 1, 0
        """The lowest and the highest limit."""
        self.low, self.high = 1, 0
        """The lowest and the highest price of a trade."""
        self.last, self.left = 0, 0
        """The last price, 0 if it is not safe itself, and how far prices may still go, up and down together."""
        self.until = 0
        """When trades cease to be safe."""
        self.times: list[int] = []
        self.prices: list[int] = []
        """The trades so far."""

    def traded(self, fills: Sequence[Fill], last: int, now: int) -> None:
        """Note the trades of one order, of which this price is the last: they only rise or only fall."""
        first, known = fills[0][0].limit, self.last
        if first == last:  # most orders trade at one price
            left = self.left - (last - known if last > known else known - last)
            if left < 0 or not self.low <= last <= self.high:
                self.left_by([last] * len(fills), now)
            elif now < self.until:
                self.last, self.left = last, left
                prices, times = self.prices, self.times
                for _ in fills:
                    prices.append(last)
                    times.append(now)
            else:
                self.alarm()
            return
        left = self.left - abs(first - known) - abs(last - first)
        low, high = self.low, self.high
        if left < 0 or not (low <= first <= high and low <= last <= high):
            self.left_by([resting.limit for resting, _ in fills], now)
        elif now < self.until:
            self.last, self.left = last, left
            self.prices += [resting.limit for resting, _ in fills]
            self.times += [now] * len(fills)
        else:
            self.alarm()

    def left_by(self, prices: list[int], now: int) -> None:
        """Trades at these prices are not safe."""
        self.alarm()


NO_ORDER = Allowance()
"""The allowance of a member whose orders are all looked at; never changed, because it holds no order."""
UNWATCHED = SafeRange(lambda: None)
"""What a listing without rules has: nobody looks at its trades."""
