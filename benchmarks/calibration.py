"""The calibration: a minimal order book that never changes, so that figures of two machines can be compared.

Limit orders and cancellations, price-time priority, a sorted dictionary of deques for each side, cancelled orders
skipped when they come up: what one writes on an afternoon. On a quiet machine of 2.7 GHz with Python 3.11 it does 1.15
million operations a second. The targets are meant for 2.6 GHz: 0.5 million there is a ratio of 0.45 to this loop
everywhere, 1.1 million one of 0.99. Do not make it faster, do not make it slower.
"""

from __future__ import annotations

from collections import deque

from sortedcontainers import SortedDict


class Waiting:
    """An order of the calibration book."""

    __slots__ = ("alive", "id", "left", "price", "side")

    def __init__(self, number: int, side: int, price: int, left: int) -> None:
        self.id = number
        self.side = side
        self.price = price
        self.left = left
        self.alive = True


class CalibrationBook:
    """Both sides, and the live orders by number."""

    def __init__(self) -> None:
        self.sides = {1: SortedDict(), -1: SortedDict()}
        self.orders: dict[int, Waiting] = {}

    def add(self, order: Waiting) -> list[tuple[int, int, int]]:
        """Match and let the rest wait; the fills as (maker, quantity, price)."""
        fills: list[tuple[int, int, int]] = []
        other = self.sides[-order.side]
        while order.left and other:
            key = other.peekitem(0)[0]
            price = key * order.side
            if (price - order.price) * order.side > 0:
                break
            queue = other[key]
            while queue and order.left:
                maker = queue[0]
                if not maker.alive:
                    queue.popleft()
                    continue
                traded = min(maker.left, order.left)
                maker.left -= traded
                order.left -= traded
                fills.append((maker.id, traded, maker.price))
                if not maker.left:
                    queue.popleft()
                    del self.orders[maker.id]
            if not queue:
                del other[key]
        if order.left:
            own, key = self.sides[order.side], -order.side * order.price
            queue = own.get(key)
            if queue is None:
                queue = own[key] = deque()
            queue.append(order)
            self.orders[order.id] = order
        return fills

    def cancel(self, number: int) -> None:
        """Forget an order; its queue finds out when it comes to it."""
        order = self.orders.pop(number)
        order.alive = False
