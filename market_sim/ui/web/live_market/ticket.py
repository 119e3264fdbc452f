"""The order ticket: a form with decimals as people type them, and the intent that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from market_sim.api.live.state import LiveState
from market_sim.core.errors import InputError
from market_sim.core.models.intents import BUY, SELL, PlaceOrder, TimeInForce
from market_sim.core.money import units
from market_sim.market.exchange.acknowledgement import Acknowledgement

SIDES = {"buy": BUY, "sell": SELL}
TIMES_IN_FORCE: dict[TimeInForce, str] = {
    "gtc": "until it is cancelled",
    "ioc": "now, as far as possible",
    "fok": "now and wholly, or not at all",
    "day": "until the end of the day",
    "auction": "in the next auction only",
}
LARGEST = 10**15


def intent_of(form: Mapping[str, str], state: LiveState) -> PlaceOrder:
    """The order that a form asks for; InputError in one sentence for what cannot be one."""
    book = form.get("symbol", "")
    listed = state.listing(book)  # names the books that there are
    side = form.get("side", "")
    if side not in SIDES:
        raise InputError(f"an order is to buy or to sell, found {side[:20]!r}")
    in_force = form.get("time_in_force", "gtc")
    if in_force not in TIMES_IN_FORCE or in_force not in get_args(TimeInForce):
        raise InputError(f"an order stands {', '.join(TIMES_IN_FORCE)}, found {in_force[:20]!r}")
    quantity = _number("quantity", form.get("quantity", ""), listed.quantity_decimals)
    typed = form.get("limit", "").strip()
    limit = _number("limit", typed, listed.price_decimals) if typed else None
    return PlaceOrder(listed.symbol, SIDES[side], quantity, limit, in_force, venue=book.partition(" on ")[2])


def _number(name: str, text: str, decimals: int) -> int:
    try:
        number = units(text.strip().replace(",", ""), decimals)
    except InputError as wrong:
        raise InputError(f"{name}: {wrong}") from None
    if not -LARGEST <= number <= LARGEST:
        raise InputError(f"{name}: {text.strip()[:20]} is larger than any market")
    return number


def told(answer: Acknowledgement, state: LiveState, book: str) -> dict[str, Any]:
    """An acknowledgement in words."""
    if answer.status == "refused":
        sentence = f"Refused: {answer.sentence}."
    else:
        words = {"open": "waits in the book", "waiting": "waits for its time", "filled": "has traded wholly",
                 "cancelled": "is cancelled"}  # fmt: skip
        sentence = f"Order {answer.order} {words[answer.status]}."
        if answer.fills:
            sentence += f" {_traded(answer, state, book)}"
        if answer.sentence:
            sentence += f" {answer.sentence[:1].upper()}{answer.sentence[1:]}."
    return {
        "status": answer.status,
        "order": answer.order,
        "reason": answer.reason,
        "filled": answer.filled,
        "remaining": answer.remaining,
        "sentence": sentence,
    }


def _traded(answer: Acknowledgement, state: LiveState, book: str) -> str:
    listed = state.listing(book)
    scale = 10**listed.price_decimals
    filled = sum(one.quantity for one in answer.fills)
    average = sum(one.price * one.quantity for one in answer.fills) / filled / scale
    size = f"{filled / 10**listed.quantity_decimals:,.{listed.quantity_decimals}f}"
    return f"{size} traded at {average:,.{listed.price_decimals}f} on average."
