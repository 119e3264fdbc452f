"""An order: an accepted intent with an id and a remaining quantity. It lives in one place of one listing."""

from __future__ import annotations

from typing import Final

import msgspec

from market_sim.core.models.intents import PlaceOrder

BOOK: Final = "book"
"""In the queue of its price, or on its way there."""
STOP: Final = "stop"
"""Outside the book until a trade at its stop price."""
ASLEEP: Final = "asleep"
"""A pegged order while there is no middle to follow."""
CALL: Final = "call"
"""A market order that waits for the auction."""


class Order(msgspec.Struct, gc=False):
    """What is still open of an accepted order, and how it ended.

    `key` is `side * limit`. On both sides of the book a larger key is the better price, so one piece of code
    serves buyers and sellers: a buyer at 101 has key 101, a seller at 101 has key -101.
    """

    id: int
    account: str
    owner: str
    side: int
    limit: int
    key: int
    quantity: int
    remaining: int
    intent: PlaceOrder
    symbol: str
    held: int = 0
    """Cash held back for the rest of a buy order; a sell order holds back `remaining` of the instrument."""
    maker_cash: int = 0
    """The value of what it has traded while resting: fees round once for an order, not once for a fill."""
    taker_cash: int = 0
    """The value of what it has traded on arrival, and on coming back after an amendment."""
    rare: bool = False
    """Iceberg, hidden or pegged: one test in the hot path finds all three."""
    display: int = 0
    """Iceberg: the size of one slice; 0 for an order that shows all."""
    shown: int = 0
    """Iceberg: what is left of the slice that the book shows now."""
    hidden: bool = False
    cap: int = 0
    """Pegged: the worst price that it follows to; `limit` is where it stands now. 0 for all others."""
    where: str = BOOK
    ended: str = ""
    """The reason code of what was cancelled, when something was."""

    @property
    def filled(self) -> int:
        """How much of the order has traded. What was prevented or cancelled is not part of its quantity any more."""
        return self.quantity - self.remaining

    @property
    def status(self) -> str:
        """What a participant wants to know first: waiting, open, filled or cancelled."""
        if self.ended:
            return "cancelled"
        if not self.remaining:
            return "filled"
        return "open" if self.where == BOOK else "waiting"
