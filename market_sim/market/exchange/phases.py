"""The phases of an instrument: continuous trading, a call that ends in an auction, a halt, closed.

Only the operator (a scenario) or a mechanism changes a phase. In a call orders collect without trading, so the book may
be crossed; `uncross` trades them at one price. A halt usually ends with a call, so that all participants take part in
the first price after it.
"""

from __future__ import annotations

from collections.abc import Iterable

from market_sim.core.errors import InputError
from market_sim.core.models.event import Numbers
from market_sim.core.models.market_events import PhaseChanged
from market_sim.market.exchange.call_auction import CallAuction
from market_sim.market.exchange.conditional_orders import ConditionalOrders
from market_sim.market.exchange.listing import CLOSED, CONTINUOUS, HALTED, IN_CALL, NO_PRICE, Listing, Phase
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.venue_state import VenueState


class Phases:
    """Halts, calls, auctions and closes of one instrument or the whole venue; and the follow-up of each message."""

    def __init__(
        self, state: VenueState, matching: Matching, conditional: ConditionalOrders, auctions: CallAuction
    ) -> None:
        self._state = state
        self._matching = matching
        self._conditional = conditional
        self._auctions = auctions

    def halt(self, symbol: str | None = None, reason: str = "OPERATOR", numbers: Numbers | None = None) -> None:
        """Halt trading; orders can only be cancelled."""
        for listing in self._chosen(symbol):
            self._change(listing, HALTED, reason, numbers)

    def close(self, symbol: str | None = None, reason: str = "SCHEDULE") -> None:
        """Close the market; `close_day` ends the day orders."""
        for listing in self._chosen(symbol):
            self._change(listing, CLOSED, reason)

    def call(
        self,
        symbol: str | None = None,
        reference: int | None = None,
        reason: str = "SCHEDULE",
        numbers: Numbers | None = None,
    ) -> None:
        """Begin a call: collect orders for an auction, whose reference price is by default the last trade."""
        for listing in self._chosen(symbol):
            if reference is not None and (reference <= 0 or reference % listing.tick):
                raise InputError(f"{listing.symbol}: the reference {reference} is not a multiple of {listing.tick}")
            listing.reference = listing.last if reference is None else reference
            listing.indicative = NO_PRICE
            self._change(listing, IN_CALL, reason, numbers)

    def uncross(self, symbol: str | None = None, then: Phase = CONTINUOUS, reason: str = "AUCTION") -> None:
        """End the call: trade at one price, and go on with the next phase."""
        for listing in self._chosen(symbol):
            if listing.phase != IN_CALL:
                raise InputError(f"{listing.symbol} is in the phase {listing.phase}: only a call ends in an auction")
            self._auctions.hold(listing)
            self._change(listing, then, reason)

    def resume(self, symbol: str | None = None, reason: str = "OPERATOR") -> None:
        """Resume continuous trading after a halt or a close, without an auction."""
        for listing in self._chosen(symbol):
            if listing.phase == IN_CALL:
                raise InputError(f"{listing.symbol} is in a call, which ends with uncross()")
            self._change(listing, CONTINUOUS, reason)

    def close_day(self) -> None:
        """End all day orders, oldest first."""
        self._end([order for order in self._state.orders.values() if order.intent.time_in_force == "day"], "EXPIRED")

    def expire(self) -> None:
        """Expire the orders that are due; every message does this first."""
        self._end(self._conditional.due(), "EXPIRED")

    def finish(self, listing: Listing) -> None:
        """The follow-up of a message: pegs move and stops trigger; in a call, the indicative price is recorded."""
        if listing.phase == CONTINUOUS:
            self._conditional.stir(listing)
        elif listing.phase == IN_CALL:
            self._auctions.indicate(listing)

    def _chosen(self, symbol: str | None) -> list[Listing]:
        listings = self._state.listings
        if symbol is not None and symbol not in listings:
            raise InputError(f"{symbol} is not listed; listed are {', '.join(listings)}")
        self.expire()
        return [*listings.values()] if symbol is None else [listings[symbol]]

    def _change(self, listing: Listing, phase: Phase, reason: str, numbers: Numbers | None = None) -> None:
        if phase == CONTINUOUS and (listing.collected or listing.book.is_crossed):
            raise InputError(f"{listing.symbol} has buyers and sellers that would trade: call() and uncross() first")
        listing.phase, listing.because, listing.because_numbers = phase, reason, numbers or {}
        listing.watch()
        now, venue = self._state.clock.now, self._state.venue
        self._state.record(PhaseChanged(now, listing.symbol, phase, reason, listing.because_numbers, venue))
        self._state.ledger.note_change()
        if phase != CONTINUOUS:
            self._conditional.sleep(listing)
        self.finish(listing)

    def _end(self, due: Iterable[Order], reason: str) -> None:
        touched: dict[str, None] = {}
        for order in due:
            self._matching.withdraw(order, reason)
            touched[order.symbol] = None
        for symbol in touched:
            self.finish(self._state.listings[symbol])
