"""Conditional orders: orders expire, stop orders trigger and pegged orders move without a message from their owner.

None of this happens while a message is matched; it follows after the message.

A pegged order has the midpoint of the best displayed bid and ask as its price, never beyond its own limit. The midpoint
is rounded down to the tick for a buy and up for a sell, so that two pegged orders trade only if the midpoint is a valid
price (rulebook F-1.2). In a dark pool the midpoint is that of the lit venues; there no order is in the book before it
trades, so that none has a price that could be stale.

>>> peg_price(1, 110, 100, 103, 1), peg_price(-1, 90, 100, 103, 1), peg_price(1, 100, 100, 103, 1)
(101, 102, 100)
>>> peg_price(1, 110, 100, None, 1) is None             # one side shows nothing: there is no midpoint
True
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from operator import attrgetter

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY, SELL
from market_sim.core.models.market_events import OrderTriggered
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import ASLEEP, BOOK, Order
from market_sim.market.exchange.pegs import WaitingPegs
from market_sim.market.exchange.venue_state import VenueState

TriggerRule = Callable[[Member, Listing, Order], None]
"""A check for triggered stop orders; a RuleViolation ends the order."""
_age = attrgetter("id")


class ConditionalOrders:
    """The orders that depend on the clock, the last trade or the midpoint."""

    def __init__(self, state: VenueState, matching: Matching) -> None:
        self._state = state
        self._matching = matching
        self.trigger_rules: list[TriggerRule] = []
        self.expiring: list[tuple[int, int, str]] = []
        """A heap of (time, order, account); an order that was cancelled before is skipped when it is due."""

    def expires_at(self, order: Order, time: int) -> None:
        """Note the time at which an order expires."""
        heappush(self.expiring, (time, order.id, order.account))

    def due(self) -> list[Order]:
        """Remove and return the open orders that are due to expire."""
        due: list[Order] = []
        while self.expiring and self.expiring[0][0] <= self._state.clock.now:
            _, number, name = heappop(self.expiring)
            order = self._state.members[name].open.get(number)
            if order is not None:
                due.append(order)
        return due

    def stir(self, listing: Listing) -> None:
        """Move pegged orders, then trigger stops one after the other, until neither changes anything."""
        while listing.phase == CONTINUOUS:
            self._move_pegs(listing)
            due = listing.stops.due(listing.last) if listing.stops and listing.last is not None else []
            if not due:
                return
            for number, name in due:
                self._trigger(listing, self._state.members[name].open[number])
                self._move_pegs(listing)

    def _trigger(self, listing: Listing, order: Order) -> None:
        """Let a stop order arrive in the book, with the time priority of an order sent now."""
        member = self._state.members[order.account]
        try:
            for rule in self.trigger_rules:
                rule(member, listing, order)
        except RuleViolation as broken:
            self._matching.withdraw(order, broken.reason)
            return
        self._matching.lift(listing, member, order)
        order.where = BOOK
        self._state.record(OrderTriggered(self._state.clock.now, order.id, listing.last or 0))
        self._matching.enter(listing, member, order)

    def _move_pegs(self, listing: Listing) -> None:
        """Move the pegged orders to the midpoint: all leave their old price before the first takes its new one."""
        if not listing.pegs:
            return
        if listing.midpoint_of is not None:
            self._cross(listing, *listing.midpoint_of(listing.symbol))
            return
        book, tick, members = listing.book, listing.tick, self._state.members
        bid, ask = book.best_bid, book.best_ask
        moving: list[tuple[Order, int]] = []
        for _, order in sorted(listing.pegs.orders.items()):
            price = peg_price(order.side, order.cap, bid, ask, tick)
            if price is None:
                self._sleep(listing, order)
            elif order.where == ASLEEP or price != order.limit:
                self._matching.lift(listing, members[order.account], order)
                moving.append((order, price))
        for order, price in moving:
            order.where = BOOK
            order.limit, order.key = price, order.side * price
            self._matching.enter(listing, members[order.account], order)

    def _cross(self, listing: Listing, bid: int | None, ask: int | None) -> None:
        """In a dark pool: let the orders trade that can, oldest first, and take what is left of them out again."""
        members = self._state.members
        while crossing := crossing_at_midpoint(listing.pegs, bid, ask, listing.tick):
            for order in crossing:
                self._matching.lift(listing, members[order.account], order)
                order.where, order.limit = BOOK, peg_price(order.side, order.cap, bid, ask, listing.tick) or 0
                order.key = order.side * order.limit
            for order in crossing:
                self._matching.enter(listing, members[order.account], order)
            for order in crossing:
                if order.id in listing.pegs.orders:
                    self._sleep(listing, order)

    def sleep(self, listing: Listing) -> None:
        """Take all pegged orders out of the book until trading is continuous again."""
        for _, order in sorted(listing.pegs.orders.items()):
            self._sleep(listing, order)

    def _sleep(self, listing: Listing, order: Order) -> None:
        if order.where == BOOK:
            member = self._state.members[order.account]
            self._matching.lift(listing, member, order)
            self._matching.wait(listing, member, order, ASLEEP)


def peg_price(side: int, cap: int, bid: int | None, ask: int | None, tick: int) -> int | None:
    """The price of a pegged order, or None without a midpoint."""
    if bid is None or ask is None:
        return None
    if side == BUY:
        return min(cap, (bid + ask) // (2 * tick) * tick)
    return max(cap, -(-(bid + ask) // (2 * tick)) * tick)


def crossing_at_midpoint(pegs: WaitingPegs, bid: int | None, ask: int | None, tick: int) -> list[Order]:
    """The orders that trade with each other at the midpoint: of each side the oldest, as many as the other can fill."""
    if bid is None or ask is None or (bid + ask) % (2 * tick):
        return []
    middle = (bid + ask) // 2
    if not pegs.cross_at(middle):
        return []
    buys, sells = pegs.accepting(BUY, middle), pegs.accepting(SELL, middle)
    volume = min(sum([order.remaining for order in buys]), sum([order.remaining for order in sells]))
    chosen = []
    for side in (buys, sells):
        left = volume
        for order in side:
            if left <= 0:
                break
            chosen.append(order)
            left -= order.remaining
    return sorted(chosen, key=_age)
