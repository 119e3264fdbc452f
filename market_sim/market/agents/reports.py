"""Reports: what a participant is told about its own orders and its own account, each thing once, in order.

Plain named tuples of plain values, because they also travel to the process in which a student's strategy runs.

>>> Filled(time=5, order=7, symbol="ACME", side=1, price=100, quantity=2, fee=1, took=False).quantity
2
"""

from __future__ import annotations

from typing import NamedTuple


class Accepted(NamedTuple):
    """Your order was accepted under this number."""

    time: int
    order: int
    symbol: str
    side: int
    quantity: int
    limit: int | None


class Refused(NamedTuple):
    """What you asked for was refused: the reason's code, and the sentence with its numbers."""

    time: int
    intent: str
    reason: str
    sentence: str


class Filled(NamedTuple):
    """Your order traded, all of it or a part."""

    time: int
    order: int
    symbol: str
    side: int
    """The side of your order: +1 when you bought."""
    price: int
    quantity: int
    fee: int
    """What you paid for it; negative for a rebate."""
    took: bool
    """Whether your order was the one that arrived; otherwise it was waiting."""


class Cancelled(NamedTuple):
    """So much of your order is gone without a trade: by your wish, by its terms, or by a rule."""

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
    """Your stop order woke up because of a trade at this price."""

    time: int
    order: int
    symbol: str
    price: int


class Moved(NamedTuple):
    """Something came into your account (positive) or left it without a trade: a premium, funding, an exercise."""

    time: int
    asset: str
    amount: int
    reason: str
    symbol: str
    """The instrument because of which it moved; empty for a deposit or a withdrawal."""


class MarginCall(NamedTuple):
    """Your account has less equity than its positions require: it has until `due` to bring in the amount."""

    time: int
    amount: int
    due: int


class Liquidation(NamedTuple):
    """The broker began to close your positions."""

    time: int
    equity: int
    requirement: int


Report = Accepted | Refused | Filled | Cancelled | Amended | Triggered | Moved | MarginCall | Liquidation
KINDS: dict[str, type[Report]] = {
    kind.__name__: kind
    for kind in (Accepted, Refused, Filled, Cancelled, Amended, Triggered, Moved, MarginCall, Liquidation)
}
"""Every kind by its name."""
