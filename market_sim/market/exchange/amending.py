"""Amending: new terms for an order that waits (rulebook F-1.3).

A smaller order at the same limit keeps its place. A new limit or a larger quantity loses it: the order arrives again
and may trade. Side and instrument never change, and what has traded stays traded: the new quantity is the new total.
"""

from __future__ import annotations

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import Amend, CancelAll
from market_sim.core.models.market_events import OrderAmended
from market_sim.market.exchange.account import Account
from market_sim.market.exchange.gates import (
    Gate,
    check_is_open,
    check_notional,
    check_outlier,
    check_price,
    check_quantity,
)
from market_sim.market.exchange.listing import CONTINUOUS, Listing
from market_sim.market.exchange.order import ASLEEP, BOOK, CALL, STOP, Order
from market_sim.market.exchange.phases import Phases
from market_sim.market.exchange.terms import shown


class Amending(Phases):
    """What an account may do with its open orders: amend one, take all of them back."""

    gates: list[Gate]

    def _not_listed(self, symbol: object) -> RuleViolation:
        return RuleViolation("UNKNOWN_INSTRUMENT", symbol=shown(symbol), listed=", ".join(self.listings))

    def _open_order(self, account: Account, number: object) -> Order:
        """The account's open order of this number, or the reason why it can do nothing with it."""
        if type(number) is int:
            if number in account.open:
                return account.open[number]
            if any(number in other.open for other in self.accounts.values()):
                raise RuleViolation("NOT_YOUR_ORDER", order=number)
        raise RuleViolation("UNKNOWN_ORDER", order=shown(number))

    def _cancel_all(self, account: Account, symbol: object, reason: str = "CANCELLED") -> list[Order]:
        """Take back all open orders of an account, oldest first."""
        if symbol is not None and not (type(symbol) is str and symbol in self.listings):
            raise self._not_listed(symbol)
        found = [order for _, order in sorted(account.open.items()) if symbol in (None, order.symbol)]
        for order in found:
            self._withdraw(account, order, reason)
        for touched in dict.fromkeys(order.symbol for order in found):
            self._finish(self.listings[touched])
        return found

    def cancel_all(self, name: str, intent: CancelAll, reason: str = "CANCELLED") -> list[Order]:
        """Take back all open orders of an account, as the operator or a mechanism may do for it."""
        return self._cancel_all(self.accounts[name], intent.symbol, reason)

    def _amend(self, account: Account, intent: Amend) -> Order:
        """Check new terms like those of a new order, and let them hold."""
        order = self._open_order(account, intent.order)
        listing = self.listings[order.symbol]
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
        for gate in self.gates:
            gate.check(account, listing, intent, limit, quantity)
        remaining = quantity - order.filled
        if remaining <= 0:
            self._withdraw(account, order, "AMENDED_BELOW_FILLED")
        elif limit == limit_now and remaining <= order.remaining:
            self._make_smaller(listing, account, order, remaining)
            self._record(OrderAmended(self.clock.now, order.id, quantity, limit, True))
        else:
            self._arrive_again(listing, account, order, quantity, limit)
        if listing.busy:
            self._finish(listing)
        return order

    def _make_smaller(self, listing: Listing, account: Account, order: Order, remaining: int) -> None:
        """Take away a part; the order keeps its place."""
        less = order.remaining - remaining
        order.quantity -= less
        if order.where == BOOK:
            listing.book.reduce(order, less)
        else:
            order.remaining = remaining
        self._release(listing, account, order, less)

    def _arrive_again(self, listing: Listing, account: Account, order: Order, quantity: int, limit: int) -> None:
        """Give a waiting order new terms at the back of the queue, where it may trade like a new one."""
        remaining = quantity - order.filled
        held = order.reserved if order.side > 0 else order.remaining
        self._afford(listing, account, order.side, limit, remaining, held)
        self._may_arrive(listing, order, order.side * limit)
        where = ASLEEP if order.cap else order.where
        self._lift(listing, account, order)
        order.quantity, order.remaining = quantity, remaining
        if order.cap:
            order.cap = limit
        order.limit, order.key = limit, order.side * limit
        self._record(OrderAmended(self.clock.now, order.id, quantity, limit, False))
        if where in (STOP, ASLEEP, CALL):
            self._wait(listing, account, order, where)
        else:
            self._enter(listing, account, order)

    def _may_arrive(self, listing: Listing, order: Order, key: int) -> None:
        """A post-only order stays one: new terms that would take are refused, also where a new order would slide."""
        conditions = order.intent.conditions
        if conditions is None or not conditions.post_only or listing.phase != CONTINUOUS:
            return
        best = listing.book.best_key_against(order)
        if best is not None and best >= -key:
            raise RuleViolation("POST_ONLY_WOULD_TAKE", limit=order.side * key, best=-order.side * best)
