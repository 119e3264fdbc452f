"""The venues of a world: one or several, each with its own books, and one router in front of them.

An order names its venue; an order without a name goes to the first venue that lists its instrument. A cancel or an
amendment finds its venue by the order number, because all venues number their orders in one sequence. With a single
venue there is no router: `submit` is the venue's own.

A venue with terms (`terms.py`) has a gateway, by which the messages of participants arrive; what comes from outside of
the run arrives at once. A venue in an outage refuses everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, overload

import msgspec

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, RuleViolation
from market_sim.core.models.event import Numbers
from market_sim.core.models.figures import Figures
from market_sim.core.models.intents import Amend, Cancel, CancelAll, Intent, MechanismIntent, PlaceOrder, WalletIntent
from market_sim.core.models.market_events import OrderRejected
from market_sim.core.randomness import Randomness
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.terms import shown
from market_sim.market.ledger.ledger import Ledger, TimeSource
from market_sim.market.venues.dark_pool import MidpointFollower, at_midpoint
from market_sim.market.venues.gateway import Gateway
from market_sim.market.venues.limit_orders_only import LimitOrdersOnly
from market_sim.market.venues.terms import ECN, VenueTerms


class Submit(Protocol):
    """The entry point of participants: `Exchange.submit`, or a router to several venues."""

    @overload
    def __call__(self, name: str, intent: CancelAll) -> list[Order] | OrderRejected: ...
    @overload
    def __call__(self, name: str, intent: PlaceOrder | Cancel | Amend) -> Order | OrderRejected: ...
    @overload
    def __call__(self, name: str, intent: MechanismIntent | WalletIntent) -> OrderRejected | None: ...
    @overload
    def __call__(self, name: str, intent: Intent) -> Order | list[Order] | OrderRejected | None: ...


class Venues:
    """All venues of a world, in the order of their opening, on one ledger."""

    def __init__(self, clock: TimeSource, journal: Journal, ledger: Ledger, randomness: Randomness) -> None:
        self._clock = clock
        self._journal = journal
        self._ledger = ledger
        self._randomness = randomness
        self._venues: dict[str, Exchange] = {}
        self.gateways: dict[str, Gateway] = {}
        """The gateways of the venues with terms, by name."""
        self._dark: dict[str, Exchange] = {}
        self._lit: dict[str, tuple[Mapping[str, Listing], Gateway | None]] = {}
        """What is listed on each venue that shows its orders, and its gateway if it has terms."""

    @property
    def by_name(self) -> Mapping[str, Exchange]:
        """The venues by name; a single venue may have an empty name."""
        return self._venues

    @property
    def first(self) -> Exchange:
        """The default venue; a world without an opened venue has one with an empty name."""
        if not self._venues:
            self._open("", None)
        return next(iter(self._venues.values()))

    @property
    def symbols(self) -> tuple[str, ...]:
        """All instruments that are listed on any venue, in the order of listing."""
        return tuple(dict.fromkeys(symbol for venue in self._venues.values() for symbol in venue.listings))

    @property
    def figures(self) -> Figures:
        """How the figures of all listed instruments are written."""
        return Figures(listing.instrument for venue in self._venues.values() for listing in venue.listings.values())

    @property
    def terms(self) -> tuple[VenueTerms, ...]:
        """The terms of the venues that have some, in the order of their opening."""
        return tuple(gateway.terms for gateway in self.gateways.values())

    def open(self, venue: str | VenueTerms, fees: Mapping[str, FeeSchedule] | None = None) -> Exchange:
        """Open a venue with this name, or on these terms."""
        name = venue.name if isinstance(venue, VenueTerms) else venue
        if type(name) is not str or not name or not name.isprintable():
            raise InputError(f"a venue needs a printable name, found {name!r}")
        if name in self._venues:
            raise InputError(f"there is already a venue named {name}")
        if "" in self._venues:
            raise InputError(f"open the venue {name} before anything is listed: of several venues each has a name")
        if not isinstance(venue, VenueTerms):
            return self._open(name, fees)
        opened = self._open(name, fees, venue.fees)
        gateway = Gateway(venue, self._clock, self._journal, self._randomness.stream(f"venue/{name}"))
        self.gateways[name] = gateway
        self._lit[name] = opened.listings, gateway
        if venue.kind == ECN:
            opened.add_gate(LimitOrdersOnly(name))
        if not venue.is_lit:
            self._dark[name] = opened
            del self._lit[name]
            opened.midpoint_of = self.best_shown
        return opened

    def follow_midpoints(self) -> None:
        """Let the orders of every dark pool follow the quotes of the lit venues; once, after the last venue opened."""
        for pool in self._dark.values():
            for name in self._lit:
                lit = self._venues[name]
                lit.add_follower(MidpointFollower(pool, lit, self._is_down), first=True)

    def best_shown(self, symbol: str) -> tuple[int | None, int | None]:
        """The best bid and the best ask of an instrument over the lit venues on which it is traded now."""
        bid: int | None = None
        ask: int | None = None
        now = self._clock.now
        for listings, gateway in self._lit.values():
            listing = listings.get(symbol)
            if listing is None or listing.phase != CONTINUOUS or (gateway is not None and now < gateway.down_until):
                continue
            here_bid, here_ask = listing.book.quotes
            if here_bid is not None and (bid is None or here_bid > bid):
                bid = here_bid
            if here_ask is not None and (ask is None or here_ask < ask):
                ask = here_ask
        return bid, ask

    def addressed(self, name: str, intent: Intent) -> Iterable[tuple[str, Intent]]:
        """The venues that an intent is for, each with what is asked of it there."""
        if isinstance(intent, PlaceOrder):
            venue = intent.venue
            if type(venue) is str and venue in self._venues:
                return ((venue, intent),)
            return ((self._listing(intent.symbol).name if venue == "" else "", intent),)
        if isinstance(intent, (Cancel, Amend)):
            return ((self.of_order(name, intent.order).name, intent),)
        if isinstance(intent, CancelAll) and intent.venue == "":
            return [(venue.name, msgspec.structs.replace(intent, venue=venue.name)) for venue in self._places(intent)]
        if isinstance(intent, CancelAll):
            return ((intent.venue if type(intent.venue) is str else "", intent),)
        return ((self._listing(getattr(intent, "symbol", None)).name, intent),)

    def _is_down(self, name: str) -> bool:
        gateway = self.gateways.get(name)
        return gateway is not None and self._clock.now < gateway.down_until

    def _open(
        self, name: str, fees: Mapping[str, FeeSchedule] | None, other_fees: FeeSchedule | None = None
    ) -> Exchange:
        venue = self._venues[name] = Exchange(self._clock, self._journal, fees, self._ledger, name, other_fees)
        self._lit[name] = venue.listings, None
        return venue

    def named(self, name: str) -> Exchange:
        """The venue with this name; the first one for an empty name."""
        if not name:
            return self.first
        if name not in self._venues:
            raise InputError(f"there is no venue {name}; the venues are {self._names}")
        return self._venues[name]

    def of_order(self, name: str, number: object) -> Exchange:
        """The venue of an open order, searched among the account's own orders first; else the first, which refuses."""
        if type(number) is int and type(name) is str:
            for venue in self._venues.values():
                member = venue.accounts.get(name)
                if member is not None and number in member.open:
                    return venue
            for venue in self._venues.values():
                if any(number in member.open for member in venue.accounts.values()):
                    return venue
        return self.first

    @property
    def submit(self) -> Submit:
        """The entry point of participants; take it once, after the last venue was opened."""
        return self.first.submit if "" in self._venues or not self._venues else self._submit

    def check(self, name: str, intent: PlaceOrder) -> RuleViolation | None:
        """The refusal that this order would meet now, or None; nothing is placed, recorded or reserved."""
        if not intent.venue and "" not in self._venues:
            intent = msgspec.structs.replace(intent, venue=self._listing(intent.symbol).name)
        if intent.venue and "" not in self._venues and intent.venue not in self._venues:
            return RuleViolation("UNKNOWN_VENUE", venue=shown(intent.venue), venues=self._names)
        if self._is_down(intent.venue):
            return RuleViolation("VENUE_DOWN", venue=intent.venue)
        if intent.venue in self._dark:
            intent = at_midpoint(intent)
        return self._venues.get(intent.venue, self.first).check(name, intent)

    @overload
    def _submit(self, name: str, intent: CancelAll) -> list[Order] | OrderRejected: ...
    @overload
    def _submit(self, name: str, intent: PlaceOrder | Cancel | Amend) -> Order | OrderRejected: ...
    @overload
    def _submit(self, name: str, intent: MechanismIntent | WalletIntent) -> OrderRejected | None: ...
    @overload
    def _submit(self, name: str, intent: Intent) -> Order | list[Order] | OrderRejected | None: ...

    def _submit(self, name: str, intent: Intent) -> Order | list[Order] | OrderRejected | None:
        """Route an intent to its venue, which accepts or refuses it."""
        if isinstance(intent, PlaceOrder):
            if type(intent.venue) is str and not intent.venue:
                intent = msgspec.structs.replace(intent, venue=self._listing(intent.symbol).name)
            return self._on(intent.venue, name, intent)
        if isinstance(intent, (Cancel, Amend)):
            venue = self.of_order(name, intent.order)
            return self._down(venue.name, name, intent) if self._is_down(venue.name) else venue.submit(name, intent)
        if isinstance(intent, CancelAll):
            return self._cancel_all(name, intent)
        return self._listing(getattr(intent, "symbol", None)).submit(name, intent)

    def _listing(self, symbol: object) -> Exchange:
        """The first venue that lists an instrument; the first of all if none does."""
        if type(symbol) is str:
            for venue in self._venues.values():
                if symbol in venue.listings:
                    return venue
        return self.first

    def _cancel_all(self, name: str, intent: CancelAll) -> list[Order] | OrderRejected:
        if type(intent.venue) is not str or intent.venue:
            return self._on(intent.venue, name, intent)
        found: list[Order] = []
        for venue in self._places(intent):
            if self._is_down(venue.name):
                self._down(venue.name, name, intent)
                continue
            answer = venue.submit(name, intent)
            if isinstance(answer, OrderRejected):
                return answer
            found += answer
        return found

    def _places(self, intent: CancelAll) -> list[Exchange]:
        """The venues on which an intent that names none cancels orders."""
        symbol = intent.symbol
        places = [
            venue
            for venue in self._venues.values()
            if symbol is None or (type(symbol) is str and symbol in venue.listings)
        ]
        return places or [self.first]

    @overload
    def _on(self, venue: object, name: str, intent: PlaceOrder) -> Order | OrderRejected: ...
    @overload
    def _on(self, venue: object, name: str, intent: CancelAll) -> list[Order] | OrderRejected: ...

    def _on(self, venue: object, name: str, intent: PlaceOrder | CancelAll) -> Order | list[Order] | OrderRejected:
        """Pass an intent to the venue that it names, or refuse it if there is no such venue."""
        if type(venue) is str and venue in self._venues:
            if self._is_down(venue):
                return self._down(venue, name, intent)
            if venue in self._dark and isinstance(intent, PlaceOrder):
                intent = at_midpoint(intent)
            return self._venues[venue].submit(name, intent)
        return self._refused(name, intent, "UNKNOWN_VENUE", {"venue": shown(venue), "venues": self._names})

    def _down(self, venue: str, name: str, intent: Intent) -> OrderRejected:
        return self._refused(name, intent, "VENUE_DOWN", {"venue": venue})

    def _refused(self, name: str, intent: Intent, reason: str, numbers: Numbers) -> OrderRejected:
        refusal = OrderRejected(self._clock.now, shown(name), shown(intent), reason, numbers)
        self._journal.record(refusal)
        return refusal

    @property
    def _names(self) -> str:
        return ", ".join(name for name in self._venues if name) or "none with a name"
