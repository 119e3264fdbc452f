"""The waiting list of stop orders, outside the book, in the order in which they will trigger.

A buy triggers when the last trade is at or above its stop, a sell when it is at or below (rulebook F-1.2). If several
trigger at once: sells by descending stop, then buys by ascending stop, ties by id. With `side * stop` as the first part
of the key both sides are ascending lists, and the due orders are at the front.

>>> stops = WaitingStops()
>>> for number, (side, stop) in enumerate([(1, 103), (1, 102), (-1, 99), (-1, 98)], start=1):
...     stops.add(side, stop, number, "ann")
>>> stops.due(100), stops.due(102), stops.due(98)
([], [(2, 'ann')], [(3, 'ann'), (4, 'ann')])
"""

from __future__ import annotations

from bisect import bisect_left, insort

from market_sim.core.models.intents import BUY, SELL


class WaitingStops:
    """The ids and accounts of all untriggered stop orders of one listing, by side."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[int, list[tuple[int, int, str]]] = {SELL: [], BUY: []}

    def __bool__(self) -> bool:
        return bool(self._waiting[SELL] or self._waiting[BUY])

    def add(self, side: int, stop: int, number: int, account: str) -> None:
        """Add a stop order."""
        insort(self._waiting[side], (side * stop, number, account))

    def remove(self, side: int, stop: int, number: int, account: str) -> None:
        """Remove a stop order that triggers, expires or is cancelled."""
        waiting = self._waiting[side]
        del waiting[bisect_left(waiting, (side * stop, number, account))]

    def due(self, last: int) -> list[tuple[int, str]]:
        """The orders that a trade at this price triggers, in order."""
        found: list[tuple[int, str]] = []
        for side, waiting in self._waiting.items():
            found += [(number, account) for _, number, account in waiting[: bisect_left(waiting, (side * last + 1,))]]
        return found
