"""Matching: an arriving order trades with the book, and its rest is added to the book or cancelled.

An order arrives when it is accepted, and again when a stop triggers, a pegged order moves or an amendment loses its
place in the queue. Each time it trades as far as it can; then the rest waits, or is cancelled.
"""

from __future__ import annotations

from market_sim.core.models.market_events import OrderCancelled
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.member import Membership
from market_sim.market.exchange.order import BOOK, CALL, STOP, Order
from market_sim.market.exchange.venue_state import VenueState


class Matching:
    """Matches arriving orders, and adds orders to the book or to a waiting list and removes them again."""

    def __init__(self, state: VenueState, clearing: Clearing) -> None:
        self._state = state
        self._clearing = clearing
        self._record = state.record

    def enter(self, listing: Listing, member: Membership, order: Order) -> None:
        """Match an arriving order; the rest rests in the book, or is cancelled if it must not rest."""
        if listing.phase == CONTINUOUS and listing.book.crosses(order):
            self._trade(listing, member, order)
        if not order.remaining:
            return
        intent = order.intent
        if intent.limit is None or intent.time_in_force == "ioc":
            order.ended = "REMAINDER"
            self._record(OrderCancelled(self._state.clock.now, order.id, order.remaining, "REMAINDER"))
        else:
            self.wait(listing, member, order, BOOK)

    def _trade(self, listing: Listing, member: Membership, order: Order) -> None:
        """Match an arriving order and pay the fills; orders of the same owner never trade with each other."""
        book = listing.book
        while True:
            self._clearing.pay(listing, member, order, book.take(order))
            if not (order.remaining and book.crosses(order)):
                return
            # `take` stopped before its limit: the next order in the queue has the same owner (rulebook F-1.4).
            if not self._prevent_self_trade(listing, order):
                return

    def _prevent_self_trade(self, listing: Listing, order: Order) -> bool:
        """Self-trade prevention by the mode of the arriving order; returns whether it goes on matching."""
        conditions = order.intent.conditions
        mode = conditions.self_trade if conditions else "cancel_newest"
        resting = listing.book.front(order)
        both = min(order.remaining, resting.remaining)
        if mode == "decrement_and_cancel":
            self._shrink(listing, resting, both)
            lost = both
        else:
            if mode != "cancel_newest":
                self.withdraw(resting, "SELF_TRADE")
            lost = 0 if mode == "cancel_oldest" else order.remaining
        if lost:
            order.remaining -= lost
            order.quantity -= lost
            if not order.remaining:
                order.ended = "SELF_TRADE"
            self._record(OrderCancelled(self._state.clock.now, order.id, lost, "SELF_TRADE"))
        return order.remaining > 0 and listing.book.crosses(order)

    def _shrink(self, listing: Listing, resting: Order, quantity: int) -> None:
        """Withdraw a part of a resting order, or all of it."""
        if quantity == resting.remaining:
            self.withdraw(resting, "SELF_TRADE")
            return
        listing.book.reduce(resting, quantity)
        resting.quantity -= quantity
        self._clearing.release_part(listing, self._state.members[resting.account], resting, quantity)
        self._record(OrderCancelled(self._state.clock.now, resting.id, quantity, "SELF_TRADE"))

    def wait(self, listing: Listing, member: Membership, order: Order, where: str) -> None:
        """Put the rest of an order in the book or a waiting list, and reserve what it may still need."""
        order.where = where
        self._clearing.hold(listing, member, order)
        member.open[order.id] = order
        if where == BOOK:
            listing.book.rest(order)
            if not order.cap:
                return
        if order.cap:
            listing.pegs.add(order)
        if where == STOP:
            listing.stops.add(order.side, _stop(order), order.id, order.account)
        elif where == CALL:
            listing.collected[order.id] = order
        listing.watch()

    def lift(self, listing: Listing, member: Membership, order: Order) -> None:
        """The reverse of `wait`: remove an order from the book or its waiting list, and release its reservation."""
        if order.where == BOOK:
            listing.book.remove(order)
        del member.open[order.id]
        self._clearing.release(listing, member, order)
        if order.where == BOOK and not order.cap:
            return
        if order.cap:
            listing.pegs.remove(order)
        if order.where == STOP:
            listing.stops.remove(order.side, _stop(order), order.id, order.account)
        elif order.where == CALL:
            del listing.collected[order.id]
        listing.watch()

    def withdraw(self, order: Order, reason: str) -> None:
        """Withdraw an open order, with this reason code."""
        self.lift(self._state.listings[order.symbol], self._state.members[order.account], order)
        order.ended = reason
        self._record(OrderCancelled(self._state.clock.now, order.id, order.remaining, reason))


def _stop(order: Order) -> int:
    conditions = order.intent.conditions
    return (conditions and conditions.stop) or 0
