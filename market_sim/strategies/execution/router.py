"""The smart order router: divides each slice of an order among venues, and sends elsewhere what one does not answer.

It plans on what the venues show when it wakes up (market_sim/pricing/routing.py; rulebook F-4.7), with the fees of
their terms and with what it has learned of each: how many of its messages were answered and how long that took. What
the terms say counts like twenty messages. While orders are under way it waits; then it plans anew for what is still
missing, and its note says why. Dark pools show nothing, so a plan has no part for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, Intent, PlaceOrder
from market_sim.core.units import MILLION, MILLISECOND, SECOND
from market_sim.market.agents.reports import Accepted, Refused
from market_sim.market.agents.strategy import Remark, Routed
from market_sim.market.agents.view import View
from market_sim.market.venues.terms import VenueTerms
from market_sim.pricing.routing import ALGORITHMS, Place, RoutePlan, plan
from market_sim.strategies.execution.schedules import Twap

PRIOR: Final = 20
"""The number of messages for which the terms of a venue count."""
NO_ANSWER_NS: Final = SECOND
"""A venue that was down is not tried again for this long."""


@dataclass
class Learned:
    """What a router knows of one venue: its terms, and its own messages there."""

    terms: VenueTerms
    answered: int = 0
    failed: int = 0
    taken_ns: int = 0
    """The time that all answered messages took."""
    shut_until: int = 0
    """Nothing is sent there before this time."""

    @property
    def reliability(self) -> float:
        """The share of messages that are answered."""
        return (self.answered + PRIOR * self.terms.reliability) / (self.answered + self.failed + PRIOR)

    @property
    def latency_ns(self) -> int:
        """The mean time that a message takes."""
        prior = PRIOR * self.terms.latency.mean_ms * MILLISECOND
        return round((self.taken_ns + prior) / (self.answered + PRIOR))

    def refused(self, reason: str, now: int) -> None:
        """Remark a message that came to nothing: a broken connection is left alone for as long as it is held."""
        self.failed += 1
        if reason == "VENUE_DOWN":
            self.shut_until = now + NO_ANSWER_NS
        elif reason == "VENUE_UNAVAILABLE":
            self.shut_until = now + round(self.terms.hold_s * SECOND)


@dataclass
class Router(Twap):
    """Works an order off in equal slices, each divided among venues by cost, shortfall, speed or share."""

    venues: tuple[VenueTerms, ...] = ()
    algorithm: str = "cost"
    _learned: dict[str, Learned] = field(init=False, repr=False)
    _under_way: dict[str, int] = field(default_factory=dict, init=False, repr=False)
    """When an order was sent to each venue that has not answered."""
    _because: str = field(default="", init=False, repr=False)
    """What became of the last plan, if it was not all done."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.venues:
            raise InputError("a router needs the terms of one venue or more, found none")
        if self.algorithm not in ALGORITHMS:
            raise InputError(f"the algorithm of a router is one of {', '.join(ALGORITHMS)}, found {self.algorithm!r}")
        self._learned = {terms.name: Learned(terms) for terms in self.venues if terms.is_lit}

    def decide(self, view: View) -> Iterable[Intent | Remark]:
        """Hear what became of the last plan; when all of it is answered, plan for what is due and missing."""
        self._hear(view)
        market = view[self.symbol]
        if self._first is None:
            self._first = market.position
        missing = self.side * (self._first - market.position) + self.due(view.time, market.lot)
        if self._under_way or missing <= 0:
            return
        places = self._places(view)
        if self.side == BUY:
            dearest = max((price for place in places for price, _ in place.levels), default=1)
            missing = min(missing, view.cash * 100 // (101 * dearest))  # a fee comes on top
        missing -= missing % market.lot
        if missing <= 0:
            return
        found = plan(self.algorithm, places, self.side, missing)
        if not found.parts:
            return
        yield self._note(missing, found, 1 if market.instrument is None else market.instrument.cash_multiplier)
        for part in found.parts:
            self._under_way[part.venue] = view.time
            yield PlaceOrder(self.symbol, self.side, part.quantity, part.limit, "ioc", venue=part.venue)

    def _places(self, view: View) -> list[Place]:
        """What each venue shows on the other side, of those that trade and may be tried."""
        places = []
        for name, known in self._learned.items():
            market = view[self.symbol, name]
            if market.phase != "continuous" or view.time < known.shut_until:
                continue
            bids, asks = market.depth()
            levels = tuple(asks if self.side == BUY else bids)
            terms = known.terms
            places.append(Place(name, levels, terms.fees.taker, known.latency_ns, terms.share, known.reliability))
        return places

    def _hear(self, view: View) -> None:
        """Remark for each order under way whether its venue took it, and how long that needed."""
        for report in view.reports:
            if isinstance(report, Accepted) and report.venue in self._under_way:
                known = self._learned[report.venue]
                known.answered += 1
                known.taken_ns += report.time - self._under_way.pop(report.venue)
            elif isinstance(report, Refused):
                venue = next((one for one in self._under_way if f"venue='{one}'" in report.intent), None)
                if venue is not None:
                    del self._under_way[venue]
                    self._learned[venue].refused(report.reason, report.time)
                    self._because = report.sentence

    def _note(self, missing: int, found: RoutePlan, multiplier: int) -> Routed:
        because, self._because = self._because or "a slice is due", ""
        exact = found.cost * multiplier
        cost = -(-exact // MILLION) if self.side == BUY else exact // MILLION  # rounded against the order, as fees are
        parts = tuple((part.venue, part.quantity, part.limit) for part in found.parts)
        return Routed(self.symbol, self.side, missing, self.algorithm, parts, found.left, cost, because)
