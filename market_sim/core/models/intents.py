"""What a participant asks the exchange for. An intent is a wish: the exchange accepts or refuses it.

>>> Buy("ACME", quantity=5, limit=10_001)
PlaceOrder(symbol='ACME', side=1, quantity=5, limit=10001)
>>> Sell("ACME", quantity=5).limit is None          # no limit: a market order
True

Sides are +1 and -1, so that `side * quantity` is the change of the position.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

Side = Literal[1, -1]
BUY: Final = 1
SELL: Final = -1

SIDE_NAMES: Final = {BUY: "buy", SELL: "sell"}

TimeInForce = Literal["gtc", "day", "gtd", "ioc", "fok", "auction"]
SelfTradeMode = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement_and_cancel"]


class PlaceOrder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True, tag=True):
    """Buy or sell a quantity; without a limit at whatever price is there."""

    symbol: str
    side: int
    quantity: int
    limit: int | None = None
    time_in_force: TimeInForce = "gtc"
    client_id: str | None = None
    stop: int | None = None
    display: int | None = None
    hidden: bool = False
    post_only: Literal["", "reject", "slide"] = ""
    peg: Literal["", "mid"] = ""
    expires: int | None = None
    self_trade: SelfTradeMode = "cancel_newest"


class Cancel(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Take back what is left of one order."""

    order: int


class CancelAll(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Take back every open order, of one instrument or (without a symbol) of all."""

    symbol: str | None = None


class Amend(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Change the total quantity or the limit of an open order; what is not named stays."""

    order: int
    quantity: int | None = None
    limit: int | None = None


Intent = PlaceOrder | Cancel | CancelAll | Amend


def Buy(symbol: str, quantity: int, limit: int | None = None, **terms: Any) -> PlaceOrder:
    """An order to buy."""
    return PlaceOrder(symbol, BUY, quantity, limit, **terms)


def Sell(symbol: str, quantity: int, limit: int | None = None, **terms: Any) -> PlaceOrder:
    """An order to sell."""
    return PlaceOrder(symbol, SELL, quantity, limit, **terms)
