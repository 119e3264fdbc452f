"""The frequent batch auction (Budish, Cramton and Shim 2015): a short example of how to write a mechanism.

Orders collect for an interval and then trade together at one price, so that a microsecond of speed is worth nothing.
The mechanism uses only operations that an exchange has: begin a call, end it with an auction, begin the next.
tests/integration/test_conformance.py tests every mechanism, including this one, against the contract of mechanisms.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.errors import InputError
from market_sim.market.exchange.mechanism import Mechanism


class BatchAuction(Mechanism):
    """Trades one instrument in auctions only, one at the end of each interval."""

    name = "batch auction"

    def __init__(self, symbol: str, every_ns: int = 100_000_000) -> None:
        super().__init__()
        if every_ns <= 0:
            raise InputError(f"batches follow each other after a positive time, found {every_ns} ns")
        self.symbol, self.every_ns = symbol, every_ns

    def begin(self) -> None:
        """Collect orders for the first batch."""
        self.exchange.phases.call(self.symbol)

    def times(self) -> Iterable[int]:
        """The end of this batch."""
        now = self.exchange.clock.now
        return [now - now % self.every_ns + self.every_ns]

    def act(self, now: int) -> None:
        """Trade the batch at one price, and begin the next."""
        self.exchange.phases.uncross(self.symbol)
        self.exchange.phases.call(self.symbol)
