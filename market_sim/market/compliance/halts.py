"""The halts that rules declare: who is halted and why, the call at the end of each halt, and the reopening auction.

A halt lasts to its auction: trading stops at once, in the last part of the halt orders collect, and at its end they
trade at one price. A later halt replaces an earlier one. What a person or another mechanism has halted, or trades only
in auctions, is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from market_sim.core.models.event import Numbers
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.listing import BY_RULE, CONTINUOUS, HALTED, IN_CALL, Listing


class Halt(NamedTuple):
    """One halt of one book: its reason code with its numbers, when its call begins, and when its auction is held."""

    code: str
    calls_at: int
    ends_at: int
    numbers: Numbers


Due = tuple[int, int, str, str, Halt]
"""When a halt goes on, its number, its venue, its symbol and the halt."""


class Halts:
    """The halts in force on all venues of a market."""

    def __init__(self, venues: Iterable[Exchange], plan: Callable[[int], object]) -> None:
        self._venues = {venue.name: venue for venue in venues}
        self._plan = plan
        self._now: dict[tuple[str, str], Halt] = {}
        self._due: list[Due] = []
        self._count = 0

    def can_halt(self, listing: Listing) -> bool:
        """Whether a book trades continuously, or is halted or reopening by a rule already."""
        return listing.phase == CONTINUOUS or (listing.phase != "closed" and listing.because.startswith(BY_RULE))

    def halt(self, symbol: str, halt: Halt) -> bool:
        """Halt an instrument on every venue; whether it was halted on any."""
        done = False
        for name, venue in self._venues.items():
            listing = venue.listings.get(symbol)
            if listing is None or not self.can_halt(listing):
                continue
            self._now[name, symbol] = halt
            venue.phases.halt(symbol, halt.code, halt.numbers)
            self._remind(halt.calls_at, name, symbol, halt)
            done = True
        return done

    def _remind(self, time: int, name: str, symbol: str, halt: Halt) -> None:
        self._count += 1
        heappush(self._due, (time, self._count, name, symbol, halt))
        self._plan(time)

    def act(self, now: int) -> list[str]:
        """Begin the calls and hold the auctions that are due; returns the instruments that reopened."""
        reopened: dict[str, None] = {}
        while self._due and self._due[0][0] <= now:
            _, _, name, symbol, halt = heappop(self._due)
            listing = self._venues[name].listings[symbol]
            if self._now.get((name, symbol)) is not halt or listing.because != halt.code:
                continue  # another halt has replaced this one, or a person has ended it
            phases = self._venues[name].phases
            if listing.phase == HALTED:
                phases.call(symbol, reason=halt.code, numbers=halt.numbers)
                self._remind(halt.ends_at, name, symbol, halt)
            elif listing.phase == IN_CALL:
                del self._now[name, symbol]
                phases.uncross(symbol)
                reopened[symbol] = None
        return [*reopened]
