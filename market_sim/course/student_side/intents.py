"""The intents in the student's process: the names, fields and defaults of the product's intents.

The product's intents (market_sim/core/models/intents.py) are `msgspec` structs, and no installed package can be
imported in the student's process. A test compares both, field by field.

>>> order = Buy("ACME", quantity=5, limit=10_001)
>>> order.side, order.limit, order.venue
(1, 10001, '')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

BUY = 1
SELL = -1
SIDE_NAMES = {BUY: "buy", SELL: "sell"}


@dataclass(frozen=True)
class Conditions:
    """The rarer terms of an order."""

    stop: int | None = None
    display: int | None = None
    hidden: bool = False
    post_only: str = ""
    peg: str = ""
    expires: int | None = None
    self_trade: str = "cancel_newest"


@dataclass(frozen=True)
class PlaceOrder:
    """Buy or sell a quantity; without a limit at any price."""

    symbol: str
    side: int
    quantity: int
    limit: int | None = None
    time_in_force: str = "gtc"
    client_id: str | None = None
    conditions: Conditions | None = None
    venue: str = ""


@dataclass(frozen=True)
class Cancel:
    """Take back what is left of one order."""

    order: int


@dataclass(frozen=True)
class CancelAll:
    """Take back every open order, of one instrument or (without a symbol) of all."""

    symbol: str | None = None
    venue: str = ""


@dataclass(frozen=True)
class Amend:
    """Change the total quantity or the limit of an open order; what is not named stays."""

    order: int
    quantity: int | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Exercise:
    """Exercise options or warrants now."""

    symbol: str
    quantity: int


@dataclass(frozen=True)
class Split:
    """Turn cash into as many contracts that pay on yes as contracts that pay on no; either symbol names the pair."""

    symbol: str
    quantity: int


@dataclass(frozen=True)
class Merge:
    """Turn as many contracts on yes as on no into the cash that one of the two will be worth."""

    symbol: str
    quantity: int


@dataclass(frozen=True)
class Resolve:
    """Answer a question, as its oracle: "yes", "no" or "void"."""

    symbol: str
    outcome: str


@dataclass(frozen=True)
class Withdraw:
    """Take cash or holdings out of the account; the owner claims them from the vault once that is settled."""

    asset: str
    amount: int


@dataclass(frozen=True)
class Deposit:
    """Bring cash or holdings in from the owner's wallet on the chain."""

    asset: str
    amount: int


@dataclass(frozen=True)
class Claim:
    """Have the vault pay out, into the owner's wallet, what settled withdrawals of this asset came to."""

    asset: str


@dataclass(frozen=True)
class CallContract:
    """Call a contract on the chain from the own wallet; the call waits for a block like everything else."""

    contract: str
    function: str
    arguments: tuple[int | str, ...] = ()


MechanismIntent = Exercise | Split | Merge | Resolve
WalletIntent = Withdraw | Deposit | Claim | CallContract
Intent = PlaceOrder | Cancel | CancelAll | Amend | MechanismIntent | WalletIntent


def Buy(
    symbol: str,
    quantity: int,
    limit: int | None = None,
    time_in_force: str = "gtc",
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
    time_in_force: str = "gtc",
    client_id: str | None = None,
    venue: str = "",
    **conditions: Any,
) -> PlaceOrder:
    """An order to sell; further words become its conditions."""
    rarer = Conditions(**conditions) if conditions else None
    return PlaceOrder(symbol, SELL, quantity, limit, time_in_force, client_id, rarer, venue)
