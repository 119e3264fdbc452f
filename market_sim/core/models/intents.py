"""What a participant asks the exchange for. An intent is a wish: the exchange accepts or refuses it.

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
    """The rarer terms of an order, kept apart so that the common order stays small and fast."""

    stop: int | None = None
    """Sleep until a trade at this price or beyond: at or above it for a buy, at or below it for a sell."""
    display: int | None = None
    """Iceberg: show only this much at a time."""
    hidden: bool = False
    """Show nothing; rank behind everything shown at the same price."""
    post_only: Literal["", "reject", "slide"] = ""
    """Never take: refuse the order that would trade, or move it one tick away."""
    peg: Literal["", "mid"] = ""
    """Follow the middle of the book, unseen; the limit is the worst price it follows to."""
    expires: int | None = None
    """For `gtd`: the simulated time in nanoseconds at which the order is gone."""
    self_trade: SelfTradeMode = "cancel_newest"
    """What happens when the order would meet one of the same owner."""


class PlaceOrder(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """Buy or sell a quantity; without a limit at whatever price is there."""

    symbol: str
    side: int
    quantity: int
    limit: int | None = None
    time_in_force: TimeInForce = "gtc"
    client_id: str | None = None
    """The participant's own name for this order: sent twice, it is placed once."""
    conditions: Conditions | None = None
    venue: str = ""
    """Where there are several venues: the one it is for; without a name, the first that lists the instrument."""


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Take back what is left of one order."""

    order: int


class CancelAll(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, repr_omit_defaults=True):
    """Take back every open order, of one instrument or (without a symbol) of all."""

    symbol: str | None = None
    venue: str = ""
    """Where there are several venues: the one it is for; without a name, all of them."""


class Amend(msgspec.Struct, frozen=True, gc=False):
    """Change the total quantity or the limit of an open order; what is not named stays."""

    order: int
    quantity: int | None = None
    limit: int | None = None


class Exercise(msgspec.Struct, frozen=True, gc=False):
    """Use the right that so many options or warrants give, now."""

    symbol: str
    quantity: int


class Split(msgspec.Struct, frozen=True, gc=False):
    """Turn cash into as many contracts that pay on yes as contracts that pay on no; either symbol names the pair."""

    symbol: str
    quantity: int


class Merge(msgspec.Struct, frozen=True, gc=False):
    """Turn as many contracts on yes as on no into the cash that one of the two will be worth."""

    symbol: str
    quantity: int


class Resolve(msgspec.Struct, frozen=True, gc=False):
    """Answer a question, as its oracle: "yes", "no" or "void"."""

    symbol: str
    outcome: str


class Withdraw(msgspec.Struct, frozen=True, gc=False):
    """Take cash or holdings out of the account; the owner claims them from the vault once that is settled."""

    asset: str
    amount: int


class Deposit(msgspec.Struct, frozen=True, gc=False):
    """Bring cash or holdings in from the owner's wallet on the chain."""

    asset: str
    amount: int


class Claim(msgspec.Struct, frozen=True, gc=False):
    """Have the vault pay out, into the owner's wallet, what settled withdrawals of this asset came to."""

    asset: str


class CallContract(msgspec.Struct, frozen=True, gc=False):
    """Call a contract on the chain from the own wallet; the call waits for a block like everything else."""

    contract: str
    function: str
    arguments: tuple[int | str, ...] = ()


MechanismIntent = Exercise | Split | Merge | Resolve
"""What only an exchange with the mechanism for it understands."""

WalletIntent = Withdraw | Deposit | Claim | CallContract
"""What concerns the wallet of a participant, which is a key on the chain."""

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
    """An order to buy; further words become its conditions."""
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
    """An order to sell; further words become its conditions."""
    rarer = Conditions(**conditions) if conditions else None
    return PlaceOrder(symbol, SELL, quantity, limit, time_in_force, client_id, rarer, venue)
