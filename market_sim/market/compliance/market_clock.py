"""The market clock: simulated time as the time of day of the rules, in whole nanoseconds.

>>> clock = MarketClock(Day(pace=60))
>>> clock.written(0), clock.written(5 * 60 * SECOND), clock.written(390 * SECOND)
('09:30:00', '14:30:00', '09:30:00')
>>> clock.day(390 * SECOND - 1), clock.day(390 * SECOND)
(0, 1)
>>> clock.span(900) == 15 * SECOND                      # fifteen market minutes last fifteen simulated seconds
True
"""

from __future__ import annotations

from market_sim.core.units import SECOND
from market_sim.market.compliance.profile import Day


def seconds_of(time: str) -> int:
    """The seconds from midnight to a time of day.

    >>> seconds_of("15:25"), seconds_of("15:24:59")
    (55500, 55499)
    """
    hours, minutes, *rest = (int(part) for part in time.split(":"))
    return hours * 3_600 + minutes * 60 + (rest[0] if rest else 0)


def written_up(nanoseconds: int) -> str:
    """A time in seconds, rounded up to the millisecond: what may come at a time may not come before it.

    >>> written_up(1), written_up(1_500_000_000), written_up(1_500_000_001)
    ('0.001', '1.500', '1.501')
    """
    milliseconds = -(-nanoseconds * 1_000 // SECOND)
    return f"{milliseconds // 1_000}.{milliseconds % 1_000:03}"


class MarketClock:
    """Converts between simulated time and market time."""

    __slots__ = ("_opens", "_session", "_started", "pace", "session_s")

    def __init__(self, day: Day) -> None:
        self.pace = day.pace
        self._opens = seconds_of(day.opens) * SECOND
        self.session_s = seconds_of(day.closes) - seconds_of(day.opens)
        self._session = self.session_s * SECOND
        self._started = (seconds_of(day.starts) - seconds_of(day.opens)) * SECOND

    def span(self, seconds: int) -> int:
        """The simulated nanoseconds of a duration in market seconds, rounded up."""
        return -(-seconds * SECOND // self.pace)

    def seconds(self, nanoseconds: int) -> int:
        """The market seconds of a simulated duration, rounded up."""
        return -(-nanoseconds * self.pace // SECOND)

    def day(self, now: int) -> int:
        """The number of the trading day, from 0."""
        return (self._started + now * self.pace) // self._session

    def of_day(self, now: int) -> int:
        """The time of day in nanoseconds since midnight."""
        return self._opens + (self._started + now * self.pace) % self._session

    def closes(self, now: int) -> int:
        """The simulated time at which this day ends and the next one begins, rounded up."""
        return -(-((self.day(now) + 1) * self._session - self._started) // self.pace)

    def next(self, time: str, now: int) -> int:
        """The next simulated time, after now, at which it is this time of day; rounded up."""
        wait = (seconds_of(time) * SECOND - self.of_day(now)) % self._session or self._session
        return now + -(-wait // self.pace)

    def written(self, now: int) -> str:
        """The time of day as text."""
        seconds = self.of_day(now) // SECOND
        return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
