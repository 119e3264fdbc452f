"""The core stream: a fixed flow of orders that every matching engine can be measured with (`core-2op-v1`).

About half of the operations are passive limit orders near a middle that walks at random, an eighth are marketable
limit orders, a third are cancellations; about 2,000 orders are alive. Only `Random.random()` is drawn, whose sequence
is the same in every version of Python, so the stream is the same on every machine. The generator keeps a small book
of its own, because it must know which orders are still alive; the trades of that book are what an engine must give.

>>> stream = CoreStream()
>>> digest(stream.operations(5_000)), digest(stream.trades), len(stream.trades)
('9bef01ae9c3d89cf', '78580f9265ceb8c3', 1721)
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

ADD: Final = 0
CANCEL: Final = 1

Operation = tuple[int, int, int, int, int]
"""Kind, order, side (+1 buys), price, quantity. A cancellation repeats what the order still has."""
TradeRow = tuple[int, int, int, int]
"""Maker, taker, price, quantity."""

LIVE: Final = 2_000
CANCELS: Final = 0.38
MARKETABLE: Final = 0.13
START: Final = 10_000
DEPTH: Final = 8.0
LARGEST: Final = 100


class Side:
    """One side of the generator's book: keys ascending with the best last, and at each the orders in time order."""

    def __init__(self) -> None:
        self.keys: list[int] = []
        self.queues: dict[int, dict[int, int]] = {}

    def put(self, key: int, order: int, quantity: int) -> None:
        """Let an order wait."""
        if key not in self.queues:
            self.queues[key] = {}
            insort(self.keys, key)
        self.queues[key][order] = quantity

    def drop(self, key: int, order: int) -> int:
        """Take an order out, and its level when it was the last; its quantity."""
        queue = self.queues[key]
        quantity = queue.pop(order)
        if not queue:
            del self.queues[key]
            del self.keys[bisect_left(self.keys, key)]
        return quantity


class CoreStream:
    """The flow from one seed; `trades` are those of the operations that were drawn so far."""

    def __init__(self, seed: int = 1, keep_trades: bool = True) -> None:
        self.trades: list[TradeRow] = []
        self._keep_trades = keep_trades
        self._random = Random(seed).random
        self._sides = {1: Side(), -1: Side()}
        self._where: dict[int, tuple[int, int]] = {}
        # All live orders in a list with their places, so that each is equally likely to be cancelled.
        self._live: list[int] = []
        self._places: dict[int, int] = {}
        self._middle = START
        self._last = 0

    def operations(self, count: int) -> Iterator[Operation]:
        """The next operations, one after the other."""
        for _ in range(count):
            self._walk()
            draw = self._random()
            busy = min(2.0, len(self._live) / LIVE)
            yield self._cancel() if self._live and draw < CANCELS * busy else self._add(draw)

    def _walk(self) -> None:
        """Move the middle by one, or not; it is drawn back to its start so that prices stay in range."""
        draw = self._random()
        pull = (START - self._middle) * 0.00002
        if draw < 0.005 + pull:
            self._middle += 1
        elif draw > 0.995 + pull:
            self._middle -= 1

    def _cancel(self) -> Operation:
        order = self._live[int(self._random() * len(self._live))]
        side, price = self._where[order]
        quantity = self._sides[side].drop(side * price, order)
        self._forget(order)
        return CANCEL, order, side, price, quantity

    def _add(self, draw: float) -> Operation:
        self._last = order = self._last + 1
        side = 1 if self._random() < 0.5 else -1
        quantity = 1 + int(self._random() * LARGEST)
        others = self._sides[-side].keys
        if others and draw > 1.0 - MARKETABLE:
            quantity = (quantity + 1) // 2
            price = -side * others[-1] + side * int(self._random() * 4)
        else:
            price = self._middle - side * (1 + int(-DEPTH * math.log(1.0 - self._random())))
        left = self._match(order, side, price, quantity)
        if left:
            self._sides[side].put(side * price, order, left)
            self._where[order] = side, price
            self._places[order] = len(self._live)
            self._live.append(order)
        return ADD, order, side, price, quantity

    def _match(self, taker: int, side: int, price: int, quantity: int) -> int:
        other = self._sides[-side]
        while quantity and other.keys and other.keys[-1] >= -side * price:
            key = other.keys[-1]
            queue = other.queues[key]
            maker, waiting = next(iter(queue.items()))
            traded = min(waiting, quantity)
            if self._keep_trades:
                self.trades.append((maker, taker, -side * key, traded))
            quantity -= traded
            queue[maker] = waiting - traded
            if traded == waiting:
                other.drop(key, maker)
                self._forget(maker)
        return quantity

    def _forget(self, order: int) -> None:
        place, last = self._places.pop(order), self._live.pop()
        if last != order:
            self._live[place] = last
            self._places[last] = place
        del self._where[order]


def digest(rows: Iterable[tuple[int, ...]]) -> str:
    """The first 16 hexadecimal digits of SHA-256 over the rows as comma-separated lines."""
    sha = hashlib.sha256()
    for row in rows:
        sha.update((",".join(map(str, row)) + "\n").encode())
    return sha.hexdigest()[:16]
