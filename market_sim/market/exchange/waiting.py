"""Waiting: what happens to orders without anybody asking: they expire, stops trigger, pegged orders move.

Nothing of this happens while a message is being matched: it follows when the message has finished.

A pegged order stands at the middle of the best shown bid and ask, never beyond its own limit. A buyer's middle is
rounded down to the tick and a seller's up, so that two pegged orders meet only when the middle is a price that exists
(rulebook F-1.2).

>>> peg_price(1, 110, 100, 103, 1), peg_price(-1, 90, 100, 103, 1), peg_price(1, 100, 100, 103, 1)
(101, 102, 100)
>>> peg_price(1, 110, 100, None, 1) is None             # one side shows nothing: there is no middle
True
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import BUY
from market_sim.core.models.market_events import OrderTriggered
from market_sim.market.exchange.floor import Floor
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.member import Member
from market_sim.market.exchange.order import ASLEEP, BOOK, Order

TriggerRule = Callable[[Member, Listing, Order], None]
"""A further rule, asked when a stop order triggers; raising RuleViolation ends the order."""


class Waiting:
    """The orders that watch the clock, the last trade or the middle of the book."""

    def __init__(self, floor: Floor, matching: Matching) -> None:
        self._floor = floor
        self._matching = matching
        self.trigger_rules: list[TriggerRule] = []
        self.expiring: list[tuple[int, int, str]] = []
        """A heap of (time, order, account): an order that was cancelled is passed over when its time comes."""

    def expires_at(self, order: Order, time: int) -> None:
        """Note when an order is gone."""
        heappush(self.expiring, (time, order.id, order.account))

    def due(self) -> list[Order]:
        """The open orders whose time has come; they are noted no longer."""
        due: list[Order] = []
        while self.expiring and self.expiring[0][0] <= self._floor.clock.now:
            _, number, name = heappop(self.expiring)
            order = self._floor.members[name].open.get(number)
            if order is not None:
                due.append(order)
        return due

    def stir(self, listing: Listing) -> None:
        """Pegged orders move, then stops trigger, one after the other, until nothing stirs."""
        while listing.phase == CONTINUOUS:
            self._move_pegs(listing)
            due = listing.stops.due(listing.last) if listing.stops and listing.last is not None else []
            if not due:
                return
            for number, name in due:
                self._trigger(listing, self._floor.members[name].open[number])
                self._move_pegs(listing)

    def _trigger(self, listing: Listing, order: Order) -> None:
        """Let a stop order arrive in the book: it is as late as if it had been sent now."""
        member = self._floor.members[order.account]
        try:
            for rule in self.trigger_rules:
                rule(member, listing, order)
        except RuleViolation as broken:
            self._matching.withdraw(order, broken.reason)
            return
        self._matching.lift(listing, member, order)
        order.where = BOOK
        self._floor.record(OrderTriggered(self._floor.clock.now, order.id, listing.last or 0))
        self._matching.enter(listing, member, order)

    def _move_pegs(self, listing: Listing) -> None:
        """Let the pegged orders follow the middle: all leave their old price before the first takes its new one."""
        if not listing.pegs:
            return
        book, tick, members = listing.book, listing.tick, self._floor.members
        bid, ask = book.best_bid, book.best_ask
        moving: list[tuple[Order, int]] = []
        for _, order in sorted(listing.pegs.items()):
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

    def sleep(self, listing: Listing) -> None:
        """Let all pegged orders wait outside the book until trading is continuous again."""
        for _, order in sorted(listing.pegs.items()):
            self._sleep(listing, order)

    def _sleep(self, listing: Listing, order: Order) -> None:
        if order.where == BOOK:
            member = self._floor.members[order.account]
            self._matching.lift(listing, member, order)
            self._matching.wait(listing, member, order, ASLEEP)


def peg_price(side: int, cap: int, bid: int | None, ask: int | None, tick: int) -> int | None:
    """The price of a pegged order, or None while it has nothing to follow."""
    if bid is None or ask is None:
        return None
    if side == BUY:
        return min(cap, (bid + ask) // (2 * tick) * tick)
    return max(cap, -(-(bid + ask) // (2 * tick)) * tick)
