"""Amending: new terms for an order that waits (rulebook F-1.3), and taking all of them back.

A smaller order at the same limit keeps its place. A new limit or a larger quantity loses it: the order arrives again
and may trade. Side and instrument never change, and what has traded stays traded: the new quantity is the new total.
"""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import Amend
from market_sim.core.models.market_events import OrderAmended
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.floor import Floor
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


class Amending:
    """What an account may do with its open orders: amend one, take all of them back."""

    def __init__(
        self, floor: Floor, clearing: Clearing, matching: Matching, phases: Phases, gates: Sequence[Gate]
    ) -> None:
        self._floor = floor
        self._clearing = clearing
        self._matching = matching
        self._phases = phases
        self._gates = gates

    def open_order(self, member: Membership, number: object) -> Order:
        """The member's open order of this number, or the reason why it can do nothing with it."""
        if type(number) is int:
            if number in member.open:
                return member.open[number]
            if any(number in other.open for other in self._floor.members.values()):
                raise RuleViolation("NOT_YOUR_ORDER", order=number)
        raise RuleViolation("UNKNOWN_ORDER", order=shown(number))

    def cancel_all(self, member: Membership, symbol: object, reason: str = "CANCELLED") -> list[Order]:
        """Take back all open orders of an account, oldest first."""
        listings = self._floor.listings
        if symbol is not None and not (type(symbol) is str and symbol in listings):
            raise RuleViolation("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(listings))
        found = [order for _, order in sorted(member.open.items()) if symbol in (None, order.symbol)]
        for order in found:
            self._matching.withdraw(order, reason)
        for touched in dict.fromkeys(order.symbol for order in found):
            self._phases.finish(listings[touched])
        return found

    def amend(self, member: Membership, intent: Amend) -> Order:
        """Check new terms like those of a new order, and let them hold."""
        order = self.open_order(member, intent.order)
        listing = self._floor.listings[order.symbol]
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
            self._floor.record(OrderAmended(self._floor.clock.now, order.id, quantity, limit, True))
        else:
            self._arrive_again(listing, member, order, quantity, limit)
        if listing.busy:
            self._phases.finish(listing)
        return order

    def _make_smaller(self, listing: Listing, member: Membership, order: Order, remaining: int) -> None:
        """Take away a part; the order keeps its place."""
        less = order.remaining - remaining
        order.quantity -= less
        if order.where == BOOK:
            listing.book.reduce(order, less)
        else:
            order.remaining = remaining
        self._clearing.release_part(listing, member, order, less)

    def _arrive_again(self, listing: Listing, member: Membership, order: Order, quantity: int, limit: int) -> None:
        """Give a waiting order new terms at the back of the queue, where it may trade like a new one."""
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
        self._floor.record(OrderAmended(self._floor.clock.now, order.id, quantity, limit, False))
        if where in (STOP, ASLEEP, CALL):
            self._matching.wait(listing, member, order, where)
        else:
            self._matching.enter(listing, member, order)


def _check_still_makes(listing: Listing, order: Order, key: int) -> None:
    """A post-only order stays one: new terms that would take are refused, also where a new order would slide."""
    conditions = order.intent.conditions
    if conditions is None or not conditions.post_only or listing.phase != CONTINUOUS:
        return
    best = listing.book.best_key_against(order)
    if best is not None and best >= -key:
        raise RuleViolation("POST_ONLY_WOULD_TAKE", limit=order.side * key, best=-order.side * best)
