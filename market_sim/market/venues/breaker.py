"""The health breaker of a connection: after failures in a row nothing is sent for a time; then one message probes.

    CLOSED     messages are sent; a failure is counted, a success clears the count
    OPEN       after the last failure allowed: nothing is sent until the hold is over
    HALF_OPEN  one message is sent as a probe: its success closes the breaker, its failure opens it again

Source: M. T. Nygard, Release It! (2007), chapter 5, "Circuit Breaker".

>>> breaker = Breaker(failures=2, hold_ns=30)
>>> [breaker.failed(now) for now in (1, 2)], breaker.status
([False, True], 'OPEN')
>>> breaker.admits(31), breaker.admits(32), breaker.status
(False, True, 'HALF_OPEN')
>>> breaker.admits(33)                                       # one probe is enough
False
>>> breaker.succeeded(), breaker.status
(True, 'CLOSED')
"""

from __future__ import annotations

from typing import Final, Literal

Status = Literal["CLOSED", "OPEN", "HALF_OPEN"]
CLOSED: Final = "CLOSED"
OPEN: Final = "OPEN"
HALF_OPEN: Final = "HALF_OPEN"


class Breaker:
    """The status of one connection, told of every failure and every success."""

    __slots__ = ("_failures", "_hold_ns", "_most", "_opened", "status")

    def __init__(self, failures: int, hold_ns: int) -> None:
        self._most, self._hold_ns = failures, hold_ns
        self._failures, self._opened = 0, 0
        self.status: Status = CLOSED

    @property
    def failures(self) -> int:
        """The number of failures since the last success."""
        return self._failures

    def admits(self, now: int) -> bool:
        """Whether a message may be sent now; the first one after the hold is the probe."""
        if self.status == CLOSED:
            return True
        if self.status == OPEN and now - self._opened >= self._hold_ns:
            self.status = HALF_OPEN
            return True
        return False

    def failed(self, now: int) -> bool:
        """Note a failure; whether it opened the breaker."""
        self._failures += 1
        if self.status == HALF_OPEN or (self.status == CLOSED and self._failures >= self._most):
            self.status, self._opened = OPEN, now
            return True
        return False

    def succeeded(self) -> bool:
        """Note a success; whether it closed the breaker. While it is open, what was sent before changes nothing."""
        if self.status == OPEN:
            return False
        self._failures = 0
        was_half_open, self.status = self.status == HALF_OPEN, CLOSED
        return was_half_open
