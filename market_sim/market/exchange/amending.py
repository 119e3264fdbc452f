"""Amending and mass cancelling: new terms for open orders (rulebook F-1.3), and the cancellation of all of them.

A smaller quantity at the same limit keeps the place in the queue. A new limit or a larger quantity loses it: the order
arrives again and may trade. Side and instrument never change. The new quantity is the new total, fills included.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import Amend
from market_sim.core.models.market_events import OrderAmended
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.gates import (
    Gate,
    check_is_open,
    check_notional,
    check_outlier,
    check_price,
    check_quantity,
)
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.member import Membership
from market_sim.market.exchange.order import ASLEEP, BOOK, CALL, STOP, Order
from market_sim.market.exchange.phases import Phases
from market_sim.market.exchange.terms import shown
from market_sim.market.exchange.venue_state import VenueState


class Amending:
    """Amends one open order, or cancels all open orders of an account."""

    def __init__(
        self, state: VenueState, clearing: Clearing, matching: Matching, phases: Phases, gates: Sequence[Gate]
    ) -> None:
        self._state = state
        self._clearing = clearing
        self._matching = matching
        self._phases = phases
        self._gates = gates

    def open_order(self, member: Membership, number: object) -> Order:
        """The member's open order with this number; raises the reason if there is none."""
        if type(number) is int:
            if number in member.open:
                return member.open[number]
            if any(number in other.open for other in self._state.members.values()):
                raise RuleViolation("NOT_YOUR_ORDER", order=number)
        raise RuleViolation("UNKNOWN_ORDER", order=shown(number))

    def cancel_all(self, member: Membership, symbol: object, reason: str = "CANCELLED") -> list[Order]:
        """Cancel all open orders of an account, oldest first."""
        listings = self._state.listings
        if symbol is not None and not (type(symbol) is str and symbol in listings):
            raise RuleViolation("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(listings))
        found = [order for _, order in sorted(member.open.items()) if symbol in (None, order.symbol)]
        for order in found:
            self._matching.withdraw(order, reason)
        for touched in dict.fromkeys(order.symbol for order in found):
            self._phases.finish(listings[touched])
        return found

    def amend(self, member: Membership, intent: Amend) -> Order:
        """Check the new terms like those of a new order, and apply them."""
        order = self.open_order(member, intent.order)
        listing = self._state.listings[order.symbol]
        if intent.quantity is None and intent.limit is None:
            raise RuleViolation("NOTHING_TO_AMEND", order=order.id)
        limit_now = order.cap or order.limit
        quantity = order.quantity if intent.quantity is None else intent.quantity
        limit = limit_now if intent.limit is None else intent.limit
        check_quantity(listing, quantity)
        check_price(listing, limit)
        if intent.limit is not None and order.intent.limit is None:
            raise RuleViolation("BAD_CONDITIONS", field="limit", found=limit, rule="a market order has none to amend")
        check_notional(listing, limit, quantity)
        check_is_open(listing)
        if limit != limit_now:
            check_outlier(listing, order.side, limit)
        for gate in self._gates:
            gate.check(member, listing, intent, limit, quantity)
        remaining = quantity - order.filled
        if remaining <= 0:
            self._matching.withdraw(order, "AMENDED_BELOW_FILLED")
        elif limit == limit_now and remaining <= order.remaining:
            self._make_smaller(listing, member, order, remaining)
            self._state.record(OrderAmended(self._state.clock.now, order.id, quantity, limit, True))
        else:
            self._arrive_again(listing, member, order, quantity, limit)
        if listing.busy:
            self._phases.finish(listing)
        return order

    def _make_smaller(self, listing: Listing, member: Membership, order: Order, remaining: int) -> None:
        """Reduce an order; it keeps its place in the queue."""
        less = order.remaining - remaining
        order.quantity -= less
        if order.where == BOOK:
            listing.book.reduce(order, less)
        else:
            order.remaining = remaining
        self._clearing.release_part(listing, member, order, less)

    def _arrive_again(self, listing: Listing, member: Membership, order: Order, quantity: int, limit: int) -> None:
        """Apply new terms to an open order, which arrives again: it may trade, or rests at the back of the queue."""
        remaining = quantity - order.filled
        held = order.held if order.side > 0 else order.remaining
        self._clearing.afford(listing, member, order.side, limit, remaining, held)
        _check_still_makes(listing, order, order.side * limit)
        where = ASLEEP if order.cap else order.where
        self._matching.lift(listing, member, order)
        order.quantity, order.remaining = quantity, remaining
        if order.cap:
            order.cap = limit
        order.limit, order.key = limit, order.side * limit
        self._state.record(OrderAmended(self._state.clock.now, order.id, quantity, limit, False))
        if where in (STOP, ASLEEP, CALL):
            self._matching.wait(listing, member, order, where)
        else:
            self._matching.enter(listing, member, order)


def _check_still_makes(listing: Listing, order: Order, key: int) -> None:
    """Refuse new terms with which a post-only order would take liquidity, even if a new order would slide."""
    conditions = order.intent.conditions
    if conditions is None or not conditions.post_only or listing.phase != CONTINUOUS:
        return
    best = listing.book.best_key_against(order)
    if best is not None and best >= -key:
        raise RuleViolation("POST_ONLY_WOULD_TAKE", limit=order.side * key, best=-order.side * best)
