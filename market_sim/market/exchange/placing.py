"""Placing an order that is not an ordinary limit order: all rules in turn, and the waiting lists outside the book."""

from __future__ import annotations

from collections.abc import Sequence

from market_sim.core.errors import RuleViolation
from market_sim.core.models.intents import PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderRepeated
from market_sim.market.exchange.clearing import Clearing
from market_sim.market.exchange.conditional_orders import ConditionalOrders
from market_sim.market.exchange.gates import (
    Asking,
    Gate,
    check_book,
    check_notional,
    check_order,
    check_outlier,
    check_phase,
    check_venue,
    give_conditions,
    protected_limit,
)
from market_sim.market.exchange.listing import IN_CALL, Listing
from market_sim.market.exchange.matching import Matching
from market_sim.market.exchange.member import Membership
from market_sim.market.exchange.order import ASLEEP, BOOK, CALL, STOP, Order
from market_sim.market.exchange.phases import Phases
from market_sim.market.exchange.terms import shown
from market_sim.market.exchange.venue_state import VenueState


class Placing:
    """The slow path for new orders: market orders, conditions, client ids, other phases and times in force."""

    def __init__(
        self,
        state: VenueState,
        clearing: Clearing,
        matching: Matching,
        conditional: ConditionalOrders,
        phases: Phases,
        gates: Sequence[Gate],
    ) -> None:
        self._venue = state.venue
        self._clock = state.clock
        self._ledger = state.ledger
        self._record = state.record
        self._clearing = clearing
        self._matching = matching
        self._conditional = conditional
        self._phases = phases
        self._gates = gates

    def place(self, listing: Listing, member: Membership, intent: PlaceOrder) -> Order:
        """Apply the rules in the order of docs/exchange.md, and accept or refuse the order."""
        limit, known = self._terms(listing, member, intent)
        if known is not None:
            return self._repeat(member, known, intent)
        for gate in self._gates:
            gate.check(member, listing, intent, limit, intent.quantity)
        order = self._drawn_up(listing, member, intent, limit)
        return self._accept(listing, member, order, limit)

    def check(self, listing: Listing, member: Membership, intent: PlaceOrder) -> None:
        """Refuse an order as `place` would now, and change nothing."""
        limit, known = self._terms(listing, member, intent)
        if known is not None:
            self._same(known, intent)
            return
        covered = 0
        for gate in self._gates:
            if isinstance(gate, Asking):
                covered += gate.ask(member, listing, intent, limit, intent.quantity)
            else:
                gate.check(member, listing, intent, limit, intent.quantity)
        self._drawn_up(listing, member, intent, limit, covered)

    def _terms(self, listing: Listing, member: Membership, intent: PlaceOrder) -> tuple[int, Order | None]:
        """Check an order by its own terms, the phase and its value; its worst price, and the order of its client id."""
        check_venue(self._venue, intent)
        check_order(listing, intent, self._clock.now)
        known = member.client_ids.get(intent.client_id) if intent.client_id is not None else None
        if known is not None:
            return known.limit, known
        check_phase(listing, intent)
        if listing.on_margin and not member.on_margin:
            raise RuleViolation("MARGIN_ACCOUNT_NEEDED", symbol=listing.symbol, account=member.name)
        side, quantity, limit = intent.side, intent.quantity, intent.limit
        if limit is None:
            limit = protected_limit(listing, intent)
            check_notional(listing, limit, quantity)
        else:
            check_outlier(listing, side, limit)
        return limit, None

    def _drawn_up(
        self, listing: Listing, member: Membership, intent: PlaceOrder, limit: int, covered: int = 0
    ) -> Order:
        """The order as it would arrive, checked against its member's means and the book."""
        side, quantity = intent.side, intent.quantity
        self._clearing.afford(listing, member, side, limit, quantity, covered)
        number = self._ledger.orders + 1
        order = Order(
            number, member.name, member.owner, side, limit, side * limit, quantity, quantity, intent, listing.symbol
        )
        give_conditions(order)
        order.where = where = _first_place(listing, order)
        if where == BOOK:
            order.limit = check_book(listing, order)
            order.key = side * order.limit
        return order

    def _accept(self, listing: Listing, member: Membership, order: Order, limit: int) -> Order:
        """Number an order, record it, and let it arrive; `limit` is the one that was asked for."""
        intent, where = order.intent, order.where
        self._ledger.orders = order.id
        self._record(OrderAccepted(self._clock.now, order.id, member.name, intent))
        if order.limit != limit:
            self._record(OrderAmended(self._clock.now, order.id, order.quantity, order.limit, False))
        if intent.client_id is not None:
            member.client_ids[intent.client_id] = order
        if where == BOOK:
            self._matching.enter(listing, member, order)
        else:
            self._matching.wait(listing, member, order, where)
        if intent.conditions is not None and intent.conditions.expires is not None:
            self._conditional.expires_at(order, intent.conditions.expires)
        if listing.busy:
            self._phases.finish(listing)
        return order

    def _repeat(self, member: Membership, known: Order, intent: PlaceOrder) -> Order:
        """Acknowledge a repeated order without placing it again; refuse a different order with the same client id."""
        self._same(known, intent)
        self._record(OrderRepeated(self._clock.now, known.id, member.name, intent.client_id or ""))
        return known

    @staticmethod
    def _same(known: Order, intent: PlaceOrder) -> None:
        if known.intent != intent:
            raise RuleViolation("DUPLICATE_CLIENT_ID", client_id=shown(intent.client_id), order=known.id)


def _first_place(listing: Listing, order: Order) -> str:
    """Where a new order goes first: the stop list, the pegged orders, the auction's market orders, or the book."""
    conditions = order.intent.conditions
    if conditions is not None and conditions.stop is not None:
        return STOP
    if order.cap:
        return ASLEEP
    if listing.phase == IN_CALL and order.intent.limit is None:
        return CALL
    return BOOK
