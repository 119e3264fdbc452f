"""Pre-trade checks (gates): each rule refuses an order with its own reason code and numbers.

The exchange itself tests for an ordinary, valid order in one expression, because almost every order is one. These
functions run for all other orders: they name the broken rule, or let the order pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, get_args, runtime_checkable

from market_sim.core.errors import RuleViolation
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, SELL, Amend, PlaceOrder, TimeInForce
from market_sim.market.exchange.allowance import Allowance
from market_sim.market.exchange.listing import BY_RULE, CLOSED, CONTINUOUS, HALTED, IN_CALL, PAUSED, Listing
from market_sim.market.exchange.member import Member, Membership
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.terms import check_terms, shown

TIMES_IN_FORCE = get_args(TimeInForce)
MARKET_BAND_PERCENT = 5
"""A market order trades at most this far from the best price it finds (rulebook F-1.2, market protection)."""


class Gate(Protocol):
    """A pre-trade check that a mechanism adds to an exchange: margin, position limits, rate limits."""

    def check(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> None:
        """Raise RuleViolation to refuse; the limit of a market order is its protection."""


@runtime_checkable
class Sparing(Gate, Protocol):
    """A gate that gives each member an allowance, and looks only at orders beyond it (`allowance.py`)."""

    def allowance(self, account: str) -> Allowance:
        """The allowance of an account, the same object each time."""


@runtime_checkable
class Asking(Protocol):
    """A gate that takes something for an order that passes, and can say beforehand what it would take."""

    def ask(self, account: Member, listing: Listing, intent: PlaceOrder | Amend, limit: int, quantity: int) -> int:
        """Raise RuleViolation as `check` would, and take nothing; the quantity of a sale that it would cover."""


class Follower(Protocol):
    """A mechanism that acts after each message: it reads the resulting events in the journal."""

    def follow(self) -> None:
        """Act on the events since the last call."""


@runtime_checkable
class CalledFollower(Follower, Protocol):
    """A follower that needs a call only after the messages for which it has asked for one."""

    calls: list[Follower]
    """Itself while it asks for calls, otherwise nothing; the same list all the time."""


class Gates:
    """The gates of a venue, in their order; one of them may be sparing."""

    def __init__(self, members: Mapping[str, Membership]) -> None:
        self.all: list[Gate] = []
        self.strict: list[Gate] = []
        """Those that look at each order."""
        self._sparing: Sparing | None = None
        self._members = members

    def add(self, gate: Gate) -> None:
        """Add a gate after the earlier ones."""
        self.all.append(gate)
        if self._sparing is not None or not isinstance(gate, Sparing):
            self.strict.append(gate)
            return
        self._sparing = gate
        for member in self._members.values():
            self.welcome(member)

    def welcome(self, member: Membership) -> None:
        """Give a member its allowance."""
        if self._sparing is not None:
            member.allowance = self._sparing.allowance(member.name)


def check_venue(venue: str, intent: PlaceOrder) -> None:
    """Refuse an order for another venue; an order without a venue name is for this one."""
    if type(intent.venue) is not str or intent.venue not in ("", venue):
        raise RuleViolation("UNKNOWN_VENUE", venue=shown(intent.venue), venues=venue or "no venue of a name")


def check_side(side: object) -> None:
    """Refuse anything but +1 and -1; `True` is not a side."""
    if type(side) is not int or side not in (BUY, SELL):
        raise RuleViolation("BAD_SIDE", side=shown(side))


def check_quantity(listing: Listing, quantity: object) -> None:
    """Refuse a quantity that is no positive whole number or not on the lot."""
    if type(quantity) is not int or not 0 < quantity <= LARGEST_AMOUNT:
        raise RuleViolation("BAD_QUANTITY", quantity=shown(quantity), most=LARGEST_AMOUNT)
    if quantity % listing.lot:
        below = quantity - quantity % listing.lot
        raise RuleViolation("BAD_LOT", quantity=quantity, lot=listing.lot, below=below, above=below + listing.lot)


def check_price(listing: Listing, price: object, field: str = "limit") -> None:
    """Refuse a price that is no positive whole number or not on the tick."""
    if type(price) is not int or not 0 < price <= LARGEST_AMOUNT:
        raise RuleViolation("BAD_PRICE", field=field, price=shown(price), most=LARGEST_AMOUNT)
    if price % listing.tick:
        below = price - price % listing.tick
        raise RuleViolation(
            "BAD_TICK", field=field, limit=price, tick=listing.tick, below=below, above=below + listing.tick
        )


def check_notional(listing: Listing, price: int, quantity: int) -> None:
    """Refuse an order that is worth more than one order may be."""
    notional = price * quantity * listing.multiplier
    if notional > listing.most_cash:
        raise RuleViolation("NOTIONAL_TOO_LARGE", notional=notional, most=listing.most_cash)


def check_order(listing: Listing, intent: PlaceOrder, now: int) -> None:
    """Find the rule that an order breaks by its own terms, independently of the book."""
    check_side(intent.side)
    check_quantity(listing, intent.quantity)
    if intent.time_in_force not in TIMES_IN_FORCE:
        raise RuleViolation("BAD_TIME_IN_FORCE", time_in_force=shown(intent.time_in_force))
    check_terms(intent, listing.lot, now)
    if intent.conditions is not None and intent.conditions.stop is not None:
        check_price(listing, intent.conditions.stop, "stop")
    if intent.limit is not None:
        check_price(listing, intent.limit)
        check_notional(listing, intent.limit, intent.quantity)


def check_is_open(listing: Listing) -> None:
    """Refuse orders and amendments while the listing is halted or closed."""
    if listing.phase == HALTED and listing.because == PAUSED:
        raise RuleViolation("PAUSED", symbol=listing.symbol)
    if listing.phase == HALTED and listing.because.startswith(BY_RULE):
        raise RuleViolation(listing.because, **listing.because_numbers)
    if listing.phase == HALTED:
        raise RuleViolation("HALTED", symbol=listing.symbol, because=listing.because)
    if listing.phase == CLOSED:
        raise RuleViolation("CLOSED", symbol=listing.symbol, because=listing.because)


def check_phase(listing: Listing, intent: PlaceOrder) -> None:
    """Refuse an order that does not fit the present phase."""
    check_is_open(listing)
    time_in_force = intent.time_in_force
    needs = CONTINUOUS if time_in_force in ("ioc", "fok") else IN_CALL if time_in_force == "auction" else listing.phase
    if needs != listing.phase:
        raise RuleViolation(
            "WRONG_PHASE", time_in_force=time_in_force, needs=needs, symbol=listing.symbol, phase=listing.phase
        )


def check_outlier(listing: Listing, side: int, limit: int) -> None:
    """Refuse a limit that is too far from recent trade prices, if the listing has such a rule."""
    refusal = None if listing.outlier is None else listing.outlier.refusal(side, limit)
    if refusal is not None:
        raise RuleViolation("FAT_FINGER", **refusal)


def protected_limit(listing: Listing, intent: PlaceOrder) -> int:
    """The worst price of a market order: 5 % beyond the best price of the other side, on the tick.

    A stop order starts from its stop price, which is known before it triggers; in a call, which has no best price, the
    auction's reference replaces it. The protection stays between the lowest and the highest price of the listing.
    """
    side = intent.side
    if intent.conditions is not None and intent.conditions.stop is not None:
        best: int | None = intent.conditions.stop
    elif listing.phase == IN_CALL:
        best = listing.reference
    else:
        best = listing.book.best_ask if side == BUY else listing.book.best_bid
    if best is None:
        raise RuleViolation("NO_LIQUIDITY", symbol=listing.symbol)
    band = best * MARKET_BAND_PERCENT // 100
    limit = max(best + side * (band - band % listing.tick), listing.tick)
    limit = limit if listing.highest is None else min(limit, listing.highest)
    return limit if listing.lowest is None else max(limit, listing.lowest)


def check_book(listing: Listing, order: Order) -> int:
    """Check an order against the book; returns its limit there.

    Only a sliding post-only order gets another limit than its own: one tick away from the best of the other side.
    """
    intent = order.intent
    conditions = intent.conditions
    if listing.phase != CONTINUOUS:
        return order.limit
    if intent.time_in_force == "fok":
        passes_own = conditions is not None and conditions.self_trade == "cancel_oldest"
        fillable = listing.book.fillable(order, passes_own)
        if fillable < order.quantity:
            raise RuleViolation("FOK_UNFILLABLE", fillable=fillable, quantity=order.quantity)
    if conditions is None or not conditions.post_only:
        return order.limit
    best = listing.book.best_key_against(order)
    if best is None or best < -order.key:
        return order.limit
    price = -order.side * best
    beside = price - order.side * listing.tick
    if conditions.post_only == "reject" or beside <= 0:
        raise RuleViolation("POST_ONLY_WOULD_TAKE", limit=order.limit, best=price)
    return beside


def give_conditions(order: Order) -> None:
    """Copy the conditions of an intent into its order."""
    conditions = order.intent.conditions
    if conditions is None:
        return
    order.display = conditions.display or 0
    order.hidden = conditions.hidden
    order.cap = order.limit if conditions.peg else 0
    order.rare = bool(order.display or order.hidden or order.cap)
