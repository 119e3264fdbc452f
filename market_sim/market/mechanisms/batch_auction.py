"""The frequent batch auction: the worked example of a mechanism of one's own (Budish, Cramton and Shim 2015).

Instead of matching each order when it comes, orders collect for a while and then trade together at one price, so
that being a microsecond faster is worth nothing. All of it is said with what an exchange can do already: begin a
call, end it with an auction, begin the next. tests/integration/test_conformance.py holds every mechanism, this one
too, to what mechanisms promise.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.errors import InputError
from market_sim.market.mechanisms.mechanism import Mechanism


class BatchAuction(Mechanism):
    """Lets one instrument trade in auctions only, one after each interval."""

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
        """Let everybody in the batch trade at one price, and collect the next batch."""
        self.exchange.phases.uncross(self.symbol)
        self.exchange.phases.call(self.symbol)
