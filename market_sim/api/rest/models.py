"""The requests of the REST interface as structs: derived from the intents themselves, so that there is one definition.

>>> intent_of(PlaceOrder, OrderBody("ACME", 1, 5, limit=100, time_in_force="gtc")) == PlaceOrder("ACME", 1, 5, 100)
True
>>> [field.name for field in msgspec.structs.fields(AmendBody)]
['quantity', 'limit']
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar, get_type_hints

import msgspec

from market_sim.core.models.inputs import Pause, Resume, Shock
from market_sim.core.models.instruments import LARGEST_AMOUNT
from market_sim.core.models.intents import Amend, Claim, Conditions, Deposit, PlaceOrder, Withdraw
from market_sim.market.exchange.terms import LONGEST_CLIENT_ID

T = TypeVar("T")

Whole = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_AMOUNT)]
Side = Annotated[Literal[1, -1], msgspec.Meta(description="+1 to buy, -1 to sell")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
ClientId = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_CLIENT_ID)]
Symbol = Annotated[str, msgspec.Meta(min_length=1, max_length=120, title="Symbol")]


def derived(name: str, kind: type[msgspec.Struct], narrower: dict[str, Any], leave_out: tuple[str, ...] = ()) -> Any:
    """A struct with the fields of an intent, which refuses other fields and what `narrower` types exclude."""
    hints = get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    for field in msgspec.structs.fields(kind):
        if field.name in leave_out:
            continue
        type_ = narrower.get(field.name, hints[field.name])
        fields.append((field.name, type_) if field.required else (field.name, type_, field.default))
    made = msgspec.defstruct(name, fields, forbid_unknown_fields=True, frozen=True, module=__name__)
    made.__doc__ = kind.__doc__
    return made


ConditionsBody = derived("OrderConditions", Conditions, {name: Whole | None for name in ("stop", "display", "expires")})
OrderBody = derived(
    "Order",
    PlaceOrder,
    {
        "symbol": Symbol,
        "side": Side,
        "quantity": Whole,
        "limit": Whole | None,
        "client_id": ClientId | None,
        "conditions": ConditionsBody | None,
    },
)
AmendBody = derived("Amendment", Amend, {"quantity": Whole | None, "limit": Whole | None}, leave_out=("order",))
DepositBody = derived("Deposit", Deposit, {"asset": Text, "amount": Whole})
WithdrawalBody = derived("Withdrawal", Withdraw, {"asset": Text, "amount": Whole})
ClaimBody = derived("Claim", Claim, {"asset": Text})
HaltBody = derived("Halt", Pause, {"symbol": Symbol | None})
ReopenBody = derived(
    "Reopening", Resume, {"symbol": Symbol | None, "call_ms": Annotated[int, msgspec.Meta(ge=1, le=60_000)]}
)
ShockBody = derived("News", Shock, {"symbol": Symbol, "percent": Annotated[float, msgspec.Meta(gt=-100.0, le=1_000.0)]})


def intent_of(kind: type[T], body: msgspec.Struct, **more: Any) -> T:
    """The intent that a body stands for, equal to one made in Python down to the bytes in the journal.

    A field at its default is left out: the journal omits a default only when it is the identical object, and the text
    "gtc" from a body is another one.
    """
    values: dict[str, Any] = dict(more)
    for field in msgspec.structs.fields(type(body)):
        value = getattr(body, field.name)
        if isinstance(value, msgspec.Struct):
            inner = intent_of(Conditions, value)
            value = None if inner == Conditions() else inner
        if field.required or value != field.default:
            values[field.name] = value
    return kind(**values)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No parameter."""


class ForSymbol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One book."""

    symbol: Symbol


class ForBook(ForSymbol, frozen=True, forbid_unknown_fields=True):
    """The best prices of one book."""

    levels: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 10


class ForTrades(ForSymbol, frozen=True, forbid_unknown_fields=True):
    """The trades of one book: the next ones after a number, or without one the last."""

    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_AMOUNT)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


class ForCandles(ForSymbol, frozen=True, forbid_unknown_fields=True):
    """The last candles of one book."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 60
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


class ForBlocks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The blocks after a number, or without one the last."""

    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_AMOUNT)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 20


class ForOrders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open orders, ended orders, or without a choice both."""

    open: bool | None = None


class ForReports(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reports after a number."""

    after: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_AMOUNT)] = 0


class ForCancelAll(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The orders of one instrument, or without one all."""

    symbol: Symbol | None = None


class Joining(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to become a member."""

    name: Text
    role: Literal["student", "instructor", "observer"] = "student"
    code: Annotated[str, msgspec.Meta(max_length=64)] = ""


class AppealBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The measure that is lifted."""

    measure: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_AMOUNT)]


class ClockBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether simulated time passes."""

    running: bool


class SpeedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Simulated seconds in each real second; null: as many as possible."""

    speed: Annotated[float, msgspec.Meta(ge=0.01, le=10_000.0)] | None
