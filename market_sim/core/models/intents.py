"""Intents: what a participant asks for. The exchange accepts or refuses an intent.

>>> Buy("ACME", quantity=5, limit=10_001)
PlaceOrder(symbol='ACME', side=1, quantity=5, limit=10001)
>>> Sell("ACME", quantity=5).limit is None          # no limit: a market order
True
>>> Buy("ACME", quantity=50, limit=10_001, display=10).conditions
Conditions(display=10)

Sides are +1 and -1, so that `side * quantity` is the change of the position.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

BUY: Final = 1
SELL: Final = -1

SIDE_NAMES: Final = {BUY: "buy", SELL: "sell"}

TimeInForce = Literal["gtc", "day", "gtd", "ioc", "fok", "auction"]
SelfTradeMode = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement_and_cancel"]


class Conditions(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """The rare terms of an order, separate so that the common order stays small and fast."""

    stop: int | None = None
    """Stop order: inactive until a trade at this price or beyond (at or above for a buy, at or below for a sell)."""
    display: int | None = None
    """Iceberg order: show only this quantity at a time."""
    hidden: bool = False
    """Show nothing; rank behind all displayed quantity at the same price."""
    post_only: Literal["", "reject", "slide"] = ""
    """Never take liquidity: reject an order that would trade at once, or move its price one tick away."""
    peg: Literal["", "mid"] = ""
    """Follow the midpoint, hidden; the limit is the worst price to follow it to."""
    expires: int | None = None
    """For `gtd`: the simulated time in nanoseconds at which the order expires."""
    self_trade: SelfTradeMode = "cancel_newest"
    """Self-trade prevention: what happens if the order would trade with one of the same owner."""


class PlaceOrder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """Buy or sell a quantity, with a limit or (without one) at the market."""

    symbol: str
    side: int
    quantity: int
    limit: int | None = None
    time_in_force: TimeInForce = "gtc"
    client_id: str | None = None
    """The participant's own name for this order: an order sent twice under one name is placed once."""
    conditions: Conditions | None = None
    venue: str = ""
    """The venue, if there are several; empty for the first that lists the instrument."""


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Cancel the remaining quantity of one order."""

    order: int


class CancelAll(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """Cancel every open order, of one instrument or (without a symbol) of all."""

    symbol: str | None = None
    venue: str = ""
    """The venue, if there are several; empty for all of them."""


class Amend(msgspec.Struct, frozen=True, gc=False):
    """Change the total quantity or the limit of an open order; None leaves the value as it is."""

    order: int
    quantity: int | None = None
    limit: int | None = None


class Exercise(msgspec.Struct, frozen=True, gc=False):
    """Exercise this quantity of an option or a warrant now."""

    symbol: str
    quantity: int


class Split(msgspec.Struct, frozen=True, gc=False):
    """Turn cash into pairs of a yes and a no contract; either symbol names the pair."""

    symbol: str
    quantity: int


class Merge(msgspec.Struct, frozen=True, gc=False):
    """Turn pairs of a yes and a no contract back into their payout in cash; either symbol names the pair."""

    symbol: str
    quantity: int


class Resolve(msgspec.Struct, frozen=True, gc=False):
    """Answer a question as its oracle: "yes", "no" or "void"."""

    symbol: str
    outcome: str


class Withdraw(msgspec.Struct, frozen=True, gc=False):
    """Take cash or holdings out of the account; the owner claims them from the vault after settlement."""

    asset: str
    amount: int


class Deposit(msgspec.Struct, frozen=True, gc=False):
    """Bring cash or holdings into the account from the owner's wallet on the chain."""

    asset: str
    amount: int


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Claim the settled withdrawals of this asset: the vault pays them into the owner's wallet."""

    asset: str


class CallContract(msgspec.Struct, frozen=True, gc=False):
    """Call a contract on the chain from the owner's wallet; the call takes effect with the block that holds it."""

    contract: str
    function: str
    arguments: tuple[int | str, ...] = ()


MechanismIntent = Exercise | Split | Merge | Resolve
"""The intents that need a mechanism on the exchange."""

WalletIntent = Withdraw | Deposit | Claim | CallContract
"""The intents that need the participant's wallet, which is a key on the chain."""

Intent = PlaceOrder | Cancel | CancelAll | Amend | MechanismIntent | WalletIntent


def Buy(
    symbol: str,
    quantity: int,
    limit: int | None = None,
    time_in_force: TimeInForce = "gtc",
    client_id: str | None = None,
    venue: str = "",
    **conditions: Any,
) -> PlaceOrder:
    """An order to buy; further keyword arguments become its conditions."""
    rarer = Conditions(**conditions) if conditions else None
    return PlaceOrder(symbol, BUY, quantity, limit, time_in_force, client_id, rarer, venue)


def Sell(
    symbol: str,
    quantity: int,
    limit: int | None = None,
    time_in_force: TimeInForce = "gtc",
    client_id: str | None = None,
    venue: str = "",
    **conditions: Any,
) -> PlaceOrder:
    """An order to sell; further keyword arguments become its conditions."""
    rarer = Conditions(**conditions) if conditions else None
    return PlaceOrder(symbol, SELL, quantity, limit, time_in_force, client_id, rarer, venue)
