"""Connections: what carries the intents of participants to venues with terms, each by its gateway.

An intent for a venue without terms arrives when its sender's own latency is over. For the others the venue's latency is
added; a message can be lost, find the venue down, or not be sent because the connection is broken. Each of these is a
recorded refusal of every intent in the message, of which its sender is told like of any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Numbers
from market_sim.core.models.intents import Intent, PlaceOrder
from market_sim.core.models.market_events import OrderRejected
from market_sim.market.exchange.terms import shown
from market_sim.market.ledger.ledger import TimeSource
from market_sim.market.venues.gateway import Gateway
from market_sim.market.venues.venues import Venues

Letter = tuple[str, Sequence[Intent]]
"""A sender and what it asks for."""
Plan = Callable[[int, Callable[[Any], object], Any], None]


class Connections:
    """The way of every intent from a participant to its venue."""

    def __init__(
        self, venues: Venues, clock: TimeSource, journal: Journal, plan: Plan, arrive: Callable[[Letter], None]
    ) -> None:
        self._venues = venues
        self._clock, self._journal, self._plan, self._arrive = clock, journal, plan, arrive

    def send(self, name: str, intents: Sequence[Intent], at: int) -> None:
        """Let the intents of one decision arrive, in one message for each venue, which leaves at this time."""
        letters: dict[str, list[Intent]] = {}
        venues = self._venues
        known = venues.by_name
        for intent in intents:
            if type(intent) is PlaceOrder and type(place := intent.venue) is str and place in known:
                letters.setdefault(place, []).append(intent)  # almost every intent; `addressed`, inlined
                continue
            for venue, part in venues.addressed(name, intent):
                letters.setdefault(venue, []).append(part)
        for venue, letter in letters.items():
            gateway = venues.gateways.get(venue)
            if gateway is None:
                self._plan(at, self._arrive, (name, letter))
            elif gateway.admits():
                self._plan(gateway.arrival(name, at), self._deliver, (gateway, (name, letter)))
            else:
                broken = gateway.breaker
                numbers: Numbers = {"venue": venue, "status": broken.status, "failures": broken.failures}
                self._plan(at, self._refuse, ((name, letter), "VENUE_UNAVAILABLE", numbers))

    def _deliver(self, message: tuple[Gateway, Letter]) -> None:
        gateway, letter = message
        if gateway.is_lost():
            gateway.ended(well=False)
            self._refuse((letter, "VENUE_FAILED", {"venue": gateway.terms.name}))
        else:
            gateway.ended(well=not gateway.is_down)
            self._arrive(letter)  # a venue that is down refuses by itself

    def _refuse(self, refused: tuple[Letter, str, Numbers]) -> None:
        (name, intents), reason, numbers = refused
        for intent in intents:
            self._journal.record(OrderRejected(self._clock.now, name, shown(intent), reason, numbers))
        self._arrive((name, ()))  # who waits for reports is told
