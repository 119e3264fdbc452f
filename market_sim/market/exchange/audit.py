"""The audit: checks each fill against the queues, which it rebuilds from the journal alone.

The state of a book does not show whether an order was skipped, but the order of events does. So the audit keeps its own
queues and checks for each event whether it was allowed: priority (X2), price (X3), amounts (X7), amendments (X13),
icebergs (X14), orders that must not rest or take (X15), owners (X16), numbers and time (X17), halts (X19). The rebuilt
queues equal the book (X21). The price of a pegged order follows from the book and has no event, so for pegged orders
only limits and amounts are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from market_sim.core.models.event import Event
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import (
    AccountOpened,
    AuctionHeld,
    Deposited,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderTriggered,
    PhaseChanged,
    Trade,
    Transferred,
    Withdrawn,
    book_name,
)
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.invariants import Violation
from market_sim.market.exchange.listing import CONTINUOUS, IN_CALL

FOR_NOW = ("ioc", "fok")


class AuditedOrder(msgspec.Struct, gc=False):
    """An open order as reconstructed from its events."""

    id: int
    account: str
    terms: PlaceOrder
    limit: int | None
    quantity: int
    remaining: int
    place: int
    """Its place in the queue of its price; a smaller number has priority."""
    display: int
    slice: int
    """The displayed quantity of an iceberg."""
    hidden: bool
    pegged: bool
    asleep: bool
    """A stop order that has not triggered, or a market order that waits for an auction."""

    @property
    def book(self) -> str:
        """The name of its book."""
        return book_name(self.terms.symbol, self.terms.venue)

    @property
    def shown(self) -> int:
        """The quantity that it displays."""
        if self.hidden or self.pegged or self.asleep:
            return 0
        return self.slice if self.display else self.remaining


class Audit:
    """The open orders as reconstructed from the events, and every violation found so far."""

    def __init__(self) -> None:
        self.orders: dict[int, AuditedOrder] = {}
        self.violations: list[Violation] = []
        self._owners: dict[str, str] = {}
        self._time = 0
        self._places = 0
        self._last_order = 0
        self._last_trade = 0
        self._arriving: AuditedOrder | None = None
        self._phases: dict[str, str] = {}
        self._auctions: dict[str, int | None] = {}
        """The price of the auction that is being held, by instrument."""

    def add(self, event: Event) -> None:
        """Check one event and apply it."""
        if event.time < self._time:
            self._found("X17", f"time went back from {self._time} to {event.time}")
        self._time = event.time
        judge = _JUDGES.get(type(event))
        if judge is not None:
            judge(self, event)

    def finish(self) -> list[Violation]:
        """Every violation, after the last event."""
        self._arrived(None)
        return self.violations

    def depth(self, book: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The displayed depth of a book, best prices first, from the events alone."""
        sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
        for order in self.orders.values():
            if order.book == book and order.limit is not None and order.shown:
                side = sides[order.terms.side]
                side[order.limit] = side.get(order.limit, 0) + order.shown
        return sorted(sides[1].items(), reverse=True), sorted(sides[-1].items())

    # One function for each kind of event

    def opened(self, event: AccountOpened) -> None:
        """Remember the owner."""
        self._owners[event.account] = event.owner

    def accepted(self, event: OrderAccepted) -> None:
        """A new order is last in the queue of its price."""
        if event.order != self._last_order + 1:
            self._found("X17", f"order {event.order} follows order {self._last_order}")
        self._last_order = event.order
        terms, conditions = event.terms, event.terms.conditions
        display = (conditions.display or 0) if conditions else 0
        order = AuditedOrder(
            id=event.order,
            account=event.account,
            terms=terms,
            limit=terms.limit,
            quantity=terms.quantity,
            remaining=terms.quantity,
            place=self._next_place(),
            display=display,
            slice=min(display, terms.quantity),
            hidden=conditions.hidden if conditions else False,
            pegged=bool(conditions and conditions.peg),
            asleep=bool(conditions and conditions.stop)
            or (terms.limit is None and self._phase(book_name(terms.symbol, terms.venue)) == IN_CALL),
        )
        self._arrived(order)
        self.orders[order.id] = order

    def triggered(self, event: OrderTriggered) -> None:
        """A stop order arrives; during a halt none may."""
        order = self.orders.get(event.order)
        if order is None or not order.asleep:
            self._found("X19", f"order {event.order} triggered and was no waiting stop order")
            return
        if self._phase(order.book) != CONTINUOUS:
            self._found("X19", f"order {order.id} triggered while {order.book} did not trade")
        self._arrived(order)
        order.asleep = False
        order.place, order.slice = self._next_place(), min(order.display, order.remaining)

    def phase_changed(self, event: PhaseChanged) -> None:
        """Another phase; an auction, if one was held, is over."""
        book = book_name(event.symbol, event.venue)
        self._phases[book] = event.phase
        self._auctions.pop(book, None)

    def auction_held(self, event: AuctionHeld) -> None:
        """All trades up to the next change of phase are at this price."""
        book = book_name(event.symbol, event.venue)
        if self._phase(book) != IN_CALL:
            self._found("X19", f"an auction of {book} without a call")
        self._auctions[book] = event.price

    def moved(self, event: Transferred | Withdrawn) -> None:
        """All entries share one sequence of numbers."""
        self._number(event.trade)

    def deposited(self, event: Deposited) -> None:
        """A deposit from before the run has no number."""
        if event.trade:
            self._number(event.trade)

    def traded(self, event: Trade) -> None:
        """A fill between two open orders of opposite sides."""
        self._number(event.trade)
        maker, taker = self.orders.get(event.maker_order), self.orders.get(event.taker_order)
        if maker is None or taker is None or maker.terms.side == taker.terms.side:
            self._found("X7", f"trade {event.trade}: orders {event.maker_order} and {event.taker_order} are not open")
            return
        self._judge_trade(event, maker, taker)
        book = book_name(event.symbol, event.venue)
        if not book == maker.book == taker.book:
            self._found("X7", f"trade {event.trade} of {book} is between orders of {maker.book} and {taker.book}")
        if book in self._auctions:
            if event.price != self._auctions[book]:
                self._found("X3", f"trade {event.trade}: at {event.price}, the auction's price is another")
        else:
            self._judge_queue(event, maker, taker)
            self._next_slice(maker, event.quantity)
            taker.slice = min(taker.display, taker.remaining - event.quantity)
        for order in (maker, taker):
            self._lose(order, event.quantity)

    def _judge_trade(self, event: Trade, maker: AuditedOrder, taker: AuditedOrder) -> None:
        """The rules for every trade."""
        name = f"trade {event.trade}"
        for order in (maker, taker):
            if order.limit is not None and order.terms.side * (event.price - order.limit) > 0:
                self._found("X3", f"{name}: at {event.price}, beyond the limit {order.limit} of order {order.id}")
        if event.quantity > min(maker.remaining, taker.remaining):
            self._found("X7", f"{name}: {event.quantity} traded, left were {maker.remaining} and {taker.remaining}")
        if self._owners.get(maker.account) == self._owners.get(taker.account):
            self._found("X16", f"{name}: {maker.account} and {taker.account} have one owner")

    def _judge_queue(self, event: Trade, maker: AuditedOrder, taker: AuditedOrder) -> None:
        """The rules of continuous trading: the phase, the maker's price, and its priority."""
        name = f"trade {event.trade}"
        if self._phase(maker.book) != CONTINUOUS:
            self._found("X19", f"{name}: {maker.book} is in the phase {self._phase(maker.book)}")
        if maker.asleep or taker.asleep:
            self._found("X19", f"{name}: order {maker.id} or {taker.id} has not triggered")
        if event.price != maker.limit and not maker.pegged:
            self._found("X3", f"{name}: at {event.price}, the resting order {maker.id} asked {maker.limit}")
        if maker.display and event.quantity > maker.slice:
            self._found("X14", f"{name}: {event.quantity} traded, order {maker.id} showed {maker.slice}")
        if taker.terms.conditions is not None and taker.terms.conditions.post_only:
            self._found("X15", f"{name}: order {taker.id} took although it is post-only")
        skipped = [order.id for order in self.orders.values() if self._before(order, maker)]
        if skipped:
            self._found("X2", f"{name}: order {maker.id} was served before {skipped}")

    def _next_slice(self, maker: AuditedOrder, quantity: int) -> None:
        """When the slice of an iceberg is used up, the next one goes to the back of the queue."""
        if maker.display:
            maker.slice -= quantity
            if not maker.slice:
                maker.slice = min(maker.display, maker.remaining - quantity)
                maker.place = self._next_place()

    def _before(self, order: AuditedOrder, maker: AuditedOrder) -> bool:
        """Whether this order has priority over the maker."""
        if (
            order.terms.symbol != maker.terms.symbol
            or order.terms.venue != maker.terms.venue
            or order.terms.side != maker.terms.side
        ):
            return False
        if order.limit is None or maker.limit is None or order.asleep or order.pegged or maker.pegged:
            return False
        return self._rank(order) < self._rank(maker)

    @staticmethod
    def _rank(order: AuditedOrder) -> tuple[int, bool, int]:
        return -order.terms.side * (order.limit or 0), order.hidden, order.place

    def cancelled(self, event: OrderCancelled) -> None:
        """A part of an order was withdrawn, or all of it."""
        order = self.orders.get(event.order)
        if order is None or event.quantity > order.remaining:
            self._found(
                "X7", f"{event.quantity} of order {event.order} cancelled, left were {order and order.remaining}"
            )
            return
        if order.terms.time_in_force == "fok":
            self._found("X15", f"fill-or-kill order {order.id} lost {event.quantity}")
        order.quantity -= event.quantity
        self._lose(order, event.quantity)

    def amended(self, event: OrderAmended) -> None:
        """New terms; only a smaller order at the same price keeps its place."""
        order = self.orders.get(event.order)
        if order is None:
            self._found("X7", f"order {event.order} was amended and is not open")
            return
        # The limit of a market order is its protection, which no event records.
        keeps = order.limit in (None, event.limit) and event.quantity <= order.quantity
        if event.kept_place != keeps:
            self._found("X13", f"order {order.id}: from {order.quantity} at {order.limit} to {event}")
        order.remaining += event.quantity - order.quantity
        order.quantity = event.quantity
        if order.limit is not None:
            order.limit = event.limit
        order.slice = min(order.slice, order.remaining)
        if not event.kept_place:
            self._arrived(order)
            order.place, order.slice = self._next_place(), min(order.display, order.remaining)

    # What they share

    def _phase(self, book: str) -> str:
        return self._phases.get(book, CONTINUOUS)

    def _number(self, number: int) -> None:
        if number != self._last_trade + 1:
            self._found("X17", f"trade {number} follows trade {self._last_trade}")
        self._last_trade = number

    def _found(self, invariant: str, sentence: str) -> None:
        self.violations.append(Violation(invariant, sentence))

    def _next_place(self) -> int:
        self._places += 1
        return self._places

    def _lose(self, order: AuditedOrder, quantity: int) -> None:
        order.remaining -= quantity
        order.slice = min(order.slice, order.remaining)
        if order.remaining <= 0:
            del self.orders[order.id]

    def _arrived(self, following: AuditedOrder | None) -> None:
        """The order that arrived before has finished matching: it must be allowed to rest, or be gone."""
        order = self._arriving
        if order is not None and order.id in self.orders and not order.asleep and order.terms.time_in_force in FOR_NOW:
            self._found("X15", f"order {order.id} waits although it is {order.terms.time_in_force}")
        self._arriving = following


# Plain functions, not bound methods, so that one table serves every audit.
_JUDGES: dict[type[Event], Callable[[Audit, Any], None]] = {
    AccountOpened: Audit.opened,
    OrderAccepted: Audit.accepted,
    OrderAmended: Audit.amended,
    OrderCancelled: Audit.cancelled,
    OrderTriggered: Audit.triggered,
    PhaseChanged: Audit.phase_changed,
    AuctionHeld: Audit.auction_held,
    Trade: Audit.traded,
    Transferred: Audit.moved,
    Withdrawn: Audit.moved,
    Deposited: Audit.deposited,
}


def audit(events: Iterable[Event]) -> list[Violation]:
    """Every violation in the events of a whole run."""
    reader = Audit()
    for event in events:
        reader.add(event)
    return reader.finish()


def rebuilt(exchange: Exchange, reader: Audit) -> list[Violation]:
    """X21: the books of a venue rebuilt from the events display the same depth as the books themselves."""
    everything = 10**9
    return [
        Violation("X21", f"{name}: the book shows {listing.book.depth(everything)}, rebuilt {reader.depth(name)}")
        for symbol, listing in exchange.listings.items()
        if listing.book.depth(everything) != reader.depth(name := book_name(symbol, exchange.name))
    ]
