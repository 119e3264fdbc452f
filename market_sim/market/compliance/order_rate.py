"""The order rate of one account: accepted orders and amendments in a sliding window.

>>> rate = SlidingRate(60)
>>> for second in range(3): rate.count(second)
>>> rate.wait(59, 3), rate.wait(60, 3), rate.wait(59, 4)        # what is 60 old has left the window
(1, 0, 0)
"""

from __future__ import annotations

from collections import deque


class SlidingRate:
    """The times of one account's messages in the window."""

    __slots__ = ("span", "times")

    def __init__(self, span: int) -> None:
        self.span = span
        self.times: deque[int] = deque()

    def wait(self, now: int, most: int) -> int:
        """How long the next message has to wait so that there are no more than `most`; 0 if it may come now."""
        times, gone = self.times, now - self.span
        while times and times[0] <= gone:
            times.popleft()
        if len(times) < most:
            return 0
        return times[len(times) - most] + self.span - now if most else self.span

    def count(self, now: int) -> None:
        """Count a message that was accepted now; one that is too old makes room for it."""
        times = self.times
        if times and times[0] <= now - self.span:
            times.popleft()
        times.append(now)
