"""The gateway: the connection of all participants to one venue, with its latency, its losses, outages and its breaker.

What a participant sends to a venue at one instant is one message. Messages of one participant arrive in the order in
which they were sent, as on a connection by TCP, so a late one holds up those behind it.
"""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.models.venue_events import (
    OutageBegan,
    OutageEnded,
    VenueHealthChanged,
    VenueMeasured,
    VenueOpened,
)
from market_sim.core.randomness import Stream
from market_sim.core.units import BPS, MILLISECOND, SECOND
from market_sim.market.ledger.ledger import TimeSource
from market_sim.market.venues.breaker import CLOSED, Breaker
from market_sim.market.venues.terms import VenueTerms


class Gateway:
    """One venue's terms at work, and what was measured of them."""

    def __init__(self, terms: VenueTerms, clock: TimeSource, journal: Journal, stream: Stream) -> None:
        self.terms = terms
        self.breaker = Breaker(terms.failures, round(terms.hold_s * SECOND))
        self._clock, self._journal, self._stream = clock, journal, stream
        self._taken: list[int] = []
        """How long each message took; up to the last measurement in ascending order."""
        self._total = 0
        self._failed = self._held_back = 0
        self._newest: dict[str, int] = {}
        """For each participant: when its last message arrives."""
        self.down_until = 0
        """The end of the last outage."""
        journal.record(
            VenueOpened(
                clock.now, terms.name, terms.kind, terms.fees.maker, terms.fees.taker,
                round(terms.latency.mean_ms * MILLISECOND), round(terms.latency.p99_ms * MILLISECOND),
                round(terms.share * BPS), round(terms.reliability * BPS),
            )
        )  # fmt: skip

    @property
    def is_down(self) -> bool:
        """Whether the venue is in an outage."""
        return self._clock.now < self.down_until

    @property
    def is_reachable(self) -> bool:
        """Whether messages are sent to it and answered, as far as they are not lost."""
        return not self.is_down and self.breaker.status == CLOSED

    def fail_until(self, end: int) -> None:
        """Begin an outage; `answer_again` ends it."""
        self.down_until = max(self.down_until, end)
        self._journal.record(OutageBegan(self._clock.now, self.terms.name, self.down_until))

    def answer_again(self) -> None:
        """Record the end of the outage, unless a later one has begun meanwhile."""
        if not self.is_down:
            self._journal.record(OutageEnded(self._clock.now, self.terms.name))

    def admits(self) -> bool:
        """Whether a message is sent now, or held back because the connection is broken."""
        before = self.breaker.status
        if not self.breaker.admits(self._clock.now):
            self._held_back += 1
            return False
        if self.breaker.status is not before:
            self._health_changed()
        return True

    def arrival(self, account: str, sent: int) -> int:
        """When a message that is sent at this time arrives."""
        arrives = sent + self.terms.latency.draw(self._stream)
        newest = self._newest.get(account, 0)
        arrives = self._newest[account] = max(arrives, newest)
        taken = arrives - sent
        self._taken.append(taken)
        self._total += taken
        return arrives

    def is_lost(self) -> bool:
        """Whether the message that should arrive now is lost."""
        return self.terms.reliability < 1 and self._stream.random() >= self.terms.reliability

    def ended(self, well: bool) -> None:
        """Note whether a message was answered; the breaker follows."""
        if well:
            has_changed = self.breaker.succeeded()
        else:
            self._failed += 1
            has_changed = self.breaker.failed(self._clock.now)
        if has_changed:
            self._health_changed()

    def measure(self) -> None:
        """Record what was measured so far; of n messages the 99th percentile is the one of rank 0.99 n, rounded up."""
        taken = self._taken
        if not taken:
            return
        taken.sort()  # in place, so that the next time it only merges what is new
        mean, late = self._total // len(taken), taken[-(-99 * len(taken) // 100) - 1]
        measured = len(taken), self._failed, self._held_back, mean, late
        self._journal.record(VenueMeasured(self._clock.now, self.terms.name, *measured))

    def _health_changed(self) -> None:
        status, failures = self.breaker.status, self.breaker.failures
        self._journal.record(VenueHealthChanged(self._clock.now, self.terms.name, status, failures))
