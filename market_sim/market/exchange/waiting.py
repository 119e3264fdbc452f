"""Waiting: what happens to orders without anybody asking: they expire, stops trigger, pegged orders move.

Nothing of this happens while a message is being matched: it follows when the message has finished.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush

from market_sim.core.data.journal import Journal
from market_sim.core.errors import RuleViolation
from market_sim.core.models.market_events import OrderTriggered
from market_sim.market.exchange.account import Account
from market_sim.market.exchange.clearing import Timepiece
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.order import ASLEEP, BOOK, Order
from market_sim.market.exchange.pegs import peg_price


class Waiting(Matching):
    """The orders that watch the clock, the last trade or the middle of the book."""

    def __init__(self, clock: Timepiece, journal: Journal, fees: Mapping[str, FeeSchedule] | None = None) -> None:
        # A heap of (time, order id, account): one that was cancelled is passed over when its time comes.
        self._expiring: list[tuple[int, int, str]] = []
        self.trigger_rules: list[Callable[[Account, Listing, Order], None]] = []
        """Further rules, asked when a stop order triggers; who raises RuleViolation ends the order."""
        super().__init__(clock, journal, fees)

    def _expires_at(self, order: Order, time: int) -> None:
        heappush(self._expiring, (time, order.id, order.account))

    def expire(self) -> None:
        """End the orders whose time has come; every message does this before it is looked at."""
        due: list[Order] = []
        while self._expiring and self._expiring[0][0] <= self.clock.now:
            _, number, name = heappop(self._expiring)
            order = self.accounts[name].open.get(number)
            if order is not None:
                due.append(order)
        self._expire(due)

    def _expire(self, due: list[Order]) -> None:
        for order in due:
            self._withdraw(self.accounts[order.account], order, "EXPIRED")
        for symbol in dict.fromkeys(order.symbol for order in due):
            self._finish(self.listings[symbol])

    def close_day(self) -> None:
        """End all day orders, oldest first."""
        self._expire([order for order in self.orders.values() if order.intent.time_in_force == "day"])

    def _finish(self, listing: Listing) -> None:
        """What follows a message: pegged orders move, then stops trigger, one after the other, until nothing stirs."""
        while listing.phase == CONTINUOUS:
            self._move_pegs(listing)
            due = listing.stops.due(listing.last) if listing.stops and listing.last is not None else []
            if not due:
                return
            for number, name in due:
                self._trigger(listing, self.accounts[name].open[number])
                self._move_pegs(listing)

    def _trigger(self, listing: Listing, order: Order) -> None:
        """Let a stop order arrive in the book: it is as late as if it had been sent now."""
        account = self.accounts[order.account]
        try:
            for rule in self.trigger_rules:
                rule(account, listing, order)
        except RuleViolation as broken:
            self._withdraw(account, order, broken.reason)
            return
        self._lift(listing, account, order)
        order.where = BOOK
        self._record(OrderTriggered(self.clock.now, order.id, listing.last or 0))
        self._enter(listing, account, order)

    def _move_pegs(self, listing: Listing) -> None:
        """Let the pegged orders follow the middle: all leave their old price before the first takes its new one."""
        if not listing.pegs:
            return
        book, tick = listing.book, listing.tick
        bid, ask = book.best_bid, book.best_ask
        moving: list[tuple[Order, int]] = []
        for _, order in sorted(listing.pegs.items()):
            price = peg_price(order.side, order.cap, bid, ask, tick)
            if price is None:
                self._sleep(listing, order)
            elif order.where == ASLEEP or price != order.limit:
                self._lift(listing, self.accounts[order.account], order)
                moving.append((order, price))
        for order, price in moving:
            order.where = BOOK
            order.limit, order.key = price, order.side * price
            self._enter(listing, self.accounts[order.account], order)

    def _sleep(self, listing: Listing, order: Order) -> None:
        """Let a pegged order wait outside the book, for a middle or for continuous trading."""
        if order.where == BOOK:
            account = self.accounts[order.account]
            self._lift(listing, account, order)
            self._wait(listing, account, order, ASLEEP)
