"""The state that the parts of a venue share: its listings, its members, the ledger, the clock and the journal."""

from __future__ import annotations

from collections.abc import Callable

from market_sim.core.data.journal import Journal
from market_sim.core.models.event import Event
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.member import Membership
from market_sim.market.exchange.order import Order
from market_sim.market.ledger.ledger import Ledger, TimeSource


class VenueState:
    """The shared state of one venue; every part of the venue has a reference to it."""

    __slots__ = ("clock", "ledger", "listings", "members", "record", "venue")

    def __init__(self, venue: str, ledger: Ledger, clock: TimeSource, journal: Journal) -> None:
        self.venue = venue
        self.ledger = ledger
        self.clock = clock
        self.record: Callable[[Event], None] = journal.record
        self.listings: dict[str, Listing] = {}
        self.members: dict[str, Membership] = {}

    @property
    def orders(self) -> dict[int, Order]:
        """Every open order by its number, oldest first; collected from the members on demand."""
        found = {number: order for member in self.members.values() for number, order in member.open.items()}
        return dict(sorted(found.items()))
