"""Stop orders waiting for a trade: outside the book, unseen, in the order in which they will trigger.

A buy triggers when the last trade is at or above its stop, a sell when it is at or below (finance rule 1.2). Several
at once: sells by descending stop, then buys by ascending stop, ties by id. With `side * stop` as the first part of the
key both sides are ascending lists, and due is whatever stands at the front.

>>> stops = WaitingStops()
>>> [stops.add(side, stop, order) for order, (side, stop) in enumerate([(1, 103), (1, 102), (-1, 99), (-1, 98)], 1)]
[None, None, None, None]
>>> stops.due(100), stops.due(102), stops.due(98), stops.due(103)
([], [2], [3, 4], [2, 1])
"""

from __future__ import annotations

from bisect import bisect_left, insort

from market_sim.core.models.intents import BUY, SELL


class WaitingStops:
    """The ids of all stop orders of one listing, by side."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[int, int]]] = {SELL: [], BUY: []}

    def __bool__(self) -> bool:
        return bool(self._waiting[SELL] or self._waiting[BUY])

    def add(self, side: int, stop: int, order: int) -> None:
        """Let a stop order wait."""
        insort(self._waiting[side], (side * stop, order))

    def remove(self, side: int, stop: int, order: int) -> None:
        """Forget a stop order that triggers, expires or was cancelled."""
        waiting = self._waiting[side]
        del waiting[bisect_left(waiting, (side * stop, order))]

    def due(self, last: int) -> list[int]:
        """The orders that a trade at this price triggers, in their order."""
        found: list[int] = []
        for side, waiting in self._waiting.items():
            found += [order for _, order in waiting[: bisect_left(waiting, (side * last + 1, 0))]]
        return found
