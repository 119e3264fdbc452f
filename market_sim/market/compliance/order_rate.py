"""The order rate of one account: accepted orders and amendments in a sliding window.

>>> times = deque([0, 1, 2])
>>> [time_to_wait(times, 60, now, most) for now, most in ((59, 3), (59, 4), (60, 3))]   # what is 60 old has left
[1, 0, 0]
"""

from __future__ import annotations

from collections import deque


class Quota:
    """Messages that pass uncounted: half of a rate, and another half once that one has lasted for a window.

    >>> quota = Quota()
    >>> [quota.take(now, 60, 4) for now in (0, 0, 59, 60)]      # at 60, no other message is left in the window
    [True, True, False, True]
    """

    __slots__ = ("left", "since")

    def __init__(self) -> None:
        self.left = 0
        self.since: int | None = None

    def take(self, now: int, span: int, most: int) -> bool:
        """Whether one more message passes without a count."""
        if self.since is None or now - self.since >= span:
            self.left, self.since = most // 2, now
        if self.left <= 0:
            return False
        self.left -= 1
        return True

    def counted(self, now: int, sent: int, most: int) -> None:
        """Renew it after a count of the messages in the window."""
        self.left, self.since = max(0, min(most - sent, most // 2)), now


def time_to_wait(times: deque[int], span: int, now: int, most: int) -> int:
    """How long the next message has to wait so that there are no more than `most` in a window; 0 if it may come now.

    `times` are those of the messages so far; the old ones are dropped.
    """
    gone = now - span
    while times and times[0] <= gone:
        times.popleft()
    if len(times) < most:
        return 0
    return times[len(times) - most] + span - now if most else span
