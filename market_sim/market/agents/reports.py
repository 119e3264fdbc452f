"""Reports: messages to a participant about its own orders and its own account, each once, in order.

They are named tuples of plain values, because they also go to the process in which a student's strategy runs.

>>> Filled(time=5, order=7, symbol="ACME", side=1, price=100, quantity=2, fee=1, took=False).quantity
2
"""

from __future__ import annotations

from typing import NamedTuple


class Accepted(NamedTuple):
    """Your order was accepted and has this number."""

    time: int
    order: int
    symbol: str
    side: int
    quantity: int
    limit: int | None
    venue: str = ""
    """The venue that accepted it, if there are several."""


class Refused(NamedTuple):
    """Your intent was refused, with the reason code and the sentence with its numbers."""

    time: int
    intent: str
    reason: str
    sentence: str


class Filled(NamedTuple):
    """Your order traded, fully or partly."""

    time: int
    order: int
    symbol: str
    side: int
    """The side of your order: +1 if you bought, -1 if you sold."""
    price: int
    quantity: int
    fee: int
    """The fee that you paid; negative for a rebate."""
    took: bool
    """Whether your order was the taker; otherwise it was the maker."""
    venue: str = ""
    """The venue of the trade, if there are several."""


class Cancelled(NamedTuple):
    """This quantity of your order was withdrawn: by your cancel, by its terms, or by a rule."""

    time: int
    order: int
    symbol: str
    quantity: int
    reason: str


class Amended(NamedTuple):
    """Your order has new terms; `kept_place` says whether it kept its place in the queue."""

    time: int
    order: int
    symbol: str
    quantity: int
    limit: int
    kept_place: bool


class Triggered(NamedTuple):
    """Your stop order was triggered by a trade at this price."""

    time: int
    order: int
    symbol: str
    price: int


class Moved(NamedTuple):
    """An amount came into your account (positive) or left it without a trade: a premium, funding, an exercise."""

    time: int
    asset: str
    amount: int
    reason: str
    symbol: str
    """The instrument that caused it; empty for a deposit or a withdrawal."""


class MarginCall(NamedTuple):
    """Your account has less equity than its positions require, and until `due` to bring in the amount."""

    time: int
    amount: int
    due: int


class Liquidation(NamedTuple):
    """The broker begins to close your positions."""

    time: int
    equity: int
    requirement: int


class CallDone(NamedTuple):
    """Your call of a contract was executed on the chain, or refused by the contract."""

    time: int
    contract: str
    function: str
    succeeded: bool
    numbers: dict[str, int | str]
    """What the contract says: the numbers of its event, or those of its refusal."""
    reason: str
    """Why the contract refused; empty for a call that it carried out."""


Report = Accepted | Refused | Filled | Cancelled | Amended | Triggered | Moved | MarginCall | Liquidation | CallDone
KINDS: dict[str, type[Report]] = {
    kind.__name__: kind
    for kind in (Accepted, Refused, Filled, Cancelled, Amended, Triggered, Moved, MarginCall, Liquidation, CallDone)
}
"""Every type of report by its name."""
