"""The order rate of one account: accepted orders and amendments in a sliding window.

>>> times = deque([0, 1, 2])
>>> [time_to_wait(times, 60, now, most) for now, most in ((59, 3), (59, 4), (60, 3))]   # what is 60 old has left
[1, 0, 0]
"""

from __future__ import annotations

from collections import deque


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
