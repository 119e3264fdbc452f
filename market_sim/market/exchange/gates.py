"""The gates an order passes before it is accepted: each rule refuses with its own code and numbers.

The exchange itself only asks "is this an ordinary, valid order?" in one expression, because almost every order is.
These functions run when the answer is no: they either name the broken rule or let the unusual order pass.
"""

from __future__ import annotations

from typing import get_args

from market_sim.core.errors import RuleViolation
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import BUY, SELL, PlaceOrder, TimeInForce
from market_sim.market.exchange.listing import Listing
from market_sim.market.exchange.order import Order

TIMES_IN_FORCE = get_args(TimeInForce)
MARKET_BAND_PERCENT = 5
"""A market order trades at most this far from the best price it finds (finance rule 1.2, market protection)."""

LONGEST_SHOWN = 120


def shown(value: object) -> str:
    """What a participant sent, as a refusal quotes it: short, printable, and safe for any object whatsoever."""
    if type(value) is str and value.isprintable():
        text: str = value
    else:
        try:
            text = repr(value)
        except Exception:  # a number of thousands of digits, or a participant's own class that cannot print itself
            text = f"an unprintable {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


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


def check_order(listing: Listing, intent: PlaceOrder) -> int:
    """Find the broken rule of an order that is not ordinary; without one, return the limit that it trades at."""
    check_side(intent.side)
    check_quantity(listing, intent.quantity)
    if intent.time_in_force not in TIMES_IN_FORCE:
        raise RuleViolation("BAD_TIME_IN_FORCE", time_in_force=shown(intent.time_in_force))
    if intent.limit is None:
        limit = protected_limit(listing, intent.side)
    else:
        check_price(listing, intent.limit)
        limit = intent.limit
    check_notional(listing, limit, intent.quantity)
    return limit


def protected_limit(listing: Listing, side: int) -> int:
    """The worst price of a market order: the best price of the other side and 5 % beyond, on the tick."""
    best = listing.book.best_ask if side == BUY else listing.book.best_bid
    if best is None:
        raise RuleViolation("NO_LIQUIDITY", symbol=listing.symbol)
    band = best * MARKET_BAND_PERCENT // 100
    limit = best + side * (band - band % listing.tick)
    return max(limit, listing.tick)


def admit(listing: Listing, order: Order) -> None:
    """Give an unusual order its conditions, or refuse it because of what waits in the book."""
    intent = order.intent
    conditions = intent.conditions
    if intent.time_in_force == "fok":
        passes_own = conditions is not None and conditions.self_trade == "cancel_oldest"
        fillable = listing.book.fillable(order, passes_own)
        if fillable < order.quantity:
            raise RuleViolation("FOK_UNFILLABLE", fillable=fillable, quantity=order.quantity)
    if conditions is None:
        return
    if conditions.display is not None:
        order.display = conditions.display
    order.hidden = conditions.hidden
