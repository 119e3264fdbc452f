"""Values in a trailing window of time, and their sum. What is as old as the window has left it.

>>> trailing = Trailing(300)
>>> trailing.extend([0, 10], [5, 7]); trailing.add(20, 1)
>>> trailing.leave(300), trailing.sum, trailing.values
(None, 8, [7, 1])
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

SPARE = 1_000
"""So many values that have left are dropped together, because to drop one costs as much as to drop all."""


class Trailing:
    """The values of the last `span` nanoseconds, oldest first."""

    __slots__ = ("_begin", "_span", "_times", "_values", "sum")

    def __init__(self, span: int) -> None:
        self._span = span
        self._times: list[int] = []
        self._values: list[int] = []
        self._begin = 0
        self.sum = 0

    def __len__(self) -> int:
        return len(self._values) - self._begin

    @property
    def values(self) -> list[int]:
        """The values in the window, as far as `leave` was called."""
        return self._values[self._begin :]

    @property
    def rows(self) -> list[tuple[int, int]]:
        """The same with their times."""
        return list(zip(self._times[self._begin :], self.values, strict=True))

    def add(self, time: int, value: int) -> None:
        """Add a value."""
        self._times.append(time)
        self._values.append(value)
        self.sum += value

    def extend(self, times: Sequence[int], values: Sequence[int]) -> None:
        """Add several values."""
        self._times.extend(times)
        self._values.extend(values)
        self.sum += sum(values)

    def leave(self, now: int) -> None:
        """Let go what has left the window."""
        begin = bisect_right(self._times, now - self._span, self._begin)
        if begin > self._begin:
            self.sum -= sum(self._values[self._begin : begin])
            self._begin = begin
            if begin > SPARE and 2 * begin > len(self._values):
                del self._times[:begin], self._values[:begin]
                self._begin = 0

    def clear(self) -> None:
        """Forget all of it."""
        self._times.clear()
        self._values.clear()
        self._begin = self.sum = 0
