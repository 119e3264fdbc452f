"""The conditions of an order, and which of them can be combined.

A refusal names the field, the value and the rule, so that a form can mark the field.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from market_sim.core.errors import RuleViolation
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import Conditions, PlaceOrder, SelfTradeMode

SELF_TRADE_MODES: Final = get_args(SelfTradeMode)
LONGEST_CLIENT_ID: Final = 64
LONGEST_SHOWN: Final = 120


def shown(value: object) -> str:
    """A value from a participant as a refusal quotes it: short and printable, for any object."""
    if type(value) is str and value.isprintable():
        text: str = value
    else:
        try:
            text = repr(value)
        except Exception:  # a number of thousands of digits, or a participant's own class that cannot print itself
            text = f"an unprintable {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


Fault = tuple[str, object, str]
"""A field, its value, and the rule."""


def check_terms(intent: PlaceOrder, lot: int, now: int) -> None:
    """Refuse invalid conditions, and those that contradict the order or each other."""
    for field, found, rule in _faults(intent, lot, now):
        raise RuleViolation("BAD_CONDITIONS", field=field, found=shown(found), rule=rule)


def _faults(intent: PlaceOrder, lot: int, now: int) -> Iterator[Fault]:
    # A participant may pass any object, despite the types.
    conditions: object = intent.conditions
    client_id: object = intent.client_id
    named = type(client_id) is str and 0 < len(client_id) <= LONGEST_CLIENT_ID and client_id.isprintable()
    if client_id is not None and not named:
        yield "client_id", client_id, f"it is a printable text of 1 to {LONGEST_CLIENT_ID} characters"
    if conditions is None:
        if intent.time_in_force == "gtd":
            yield "expires", None, "a gtd order names the time at which it ends"
        return
    if not isinstance(conditions, Conditions):
        yield "conditions", conditions, "they are a value of the type Conditions"
        return
    yield from _values(conditions, intent, lot)
    yield from _expiry(conditions, intent, now)
    yield from _combinations(conditions, intent)


def _values(conditions: Conditions, intent: PlaceOrder, lot: int) -> Iterator[Fault]:
    """Each condition by itself."""
    display = conditions.display
    hidden: object = conditions.hidden
    if conditions.self_trade not in SELF_TRADE_MODES:
        yield "self_trade", conditions.self_trade, f"it is one of {', '.join(SELF_TRADE_MODES)}"
    if type(hidden) is not bool:
        yield "hidden", hidden, "it is true or false"
    if conditions.post_only not in ("", "reject", "slide"):
        yield "post_only", conditions.post_only, "it is reject or slide"
    if conditions.peg not in ("", "mid"):
        yield "peg", conditions.peg, "it is mid"
    if display is not None and not (type(display) is int and 0 < display <= intent.quantity and not display % lot):
        yield "display", display, f"a slice is a multiple of the lot {lot}, at most the quantity {intent.quantity}"


def _expiry(conditions: Conditions, intent: PlaceOrder, now: int) -> Iterator[Fault]:
    expires = conditions.expires
    if (intent.time_in_force == "gtd") != (expires is not None):
        yield "expires", expires, "a gtd order names the time at which it ends, and no other order does"
    elif expires is not None and not (type(expires) is int and now < expires <= LARGEST_AMOUNT):
        yield "expires", expires, f"it is a time in nanoseconds after {now}"


def _combinations(conditions: Conditions, intent: PlaceOrder) -> Iterator[Fault]:
    """Combinations that contradict each other."""
    lives = intent.time_in_force
    quiet = conditions.display is not None or conditions.hidden
    if intent.limit is None and (quiet or conditions.post_only or conditions.peg):
        yield "limit", None, "an order that hides, pegs or never takes has a limit"
    if conditions.hidden and conditions.display is not None:
        yield "hidden", True, "an order hides all of itself or all but a slice, not both"
    if conditions.post_only and lives in ("ioc", "fok", "auction"):
        yield "post_only", conditions.post_only, f"a {lives} order does not wait in the book"
    if conditions.peg and (quiet or conditions.post_only or lives in ("ioc", "fok", "auction")):
        yield "peg", conditions.peg, "a pegged order is unseen as it is, waits, and follows nothing else"
    if conditions.stop is not None and (conditions.peg or conditions.post_only or lives in ("fok", "auction")):
        yield "stop", conditions.stop, "a stop order becomes a market, limit, ioc, iceberg or hidden order"
