"""The usual size of an order: the median of the last orders of a book.

>>> sizes = UsualSize(3)
>>> for quantity in (100, 1, 2, 9):
...     sizes.add(quantity)
>>> sizes.median, len(sizes)
(2, 3)
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque


class UsualSize:
    """The sizes of the last orders, in the order of arrival and sorted."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._arrived: deque[int] = deque()
        self._sorted: list[int] = []

    def __len__(self) -> int:
        return len(self._sorted)

    def add(self, quantity: int) -> None:
        """Add the next order, and forget the oldest one too many."""
        self._arrived.append(quantity)
        insort(self._sorted, quantity)
        if len(self._sorted) > self._kept:
            del self._sorted[bisect_left(self._sorted, self._arrived.popleft())]

    @property
    def median(self) -> int:
        """The middle one, the lower of two."""
        return self._sorted[(len(self._sorted) - 1) // 2]
