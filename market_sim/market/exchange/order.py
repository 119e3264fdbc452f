"""An order: an accepted intent with an id and a remaining quantity, in the book or a waiting list of one listing."""

from __future__ import annotations

from typing import Final

import msgspec

from market_sim.core.models.intents import PlaceOrder

BOOK: Final = "book"
"""In the queue of its price, or matching on its way there."""
STOP: Final = "stop"
"""A stop order before its trigger, outside the book."""
ASLEEP: Final = "asleep"
"""A pegged order without a midpoint to follow, outside the book."""
CALL: Final = "call"
"""A market order that waits for the auction."""


class Order(msgspec.Struct, gc=False):
    """An accepted order: its remaining quantity while it is open, and how it ended.

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
    """The cash reserved for the rest of a buy order; a sell order reserves `remaining` of the instrument."""
    maker_cash: int = 0
    """The value that it has traded while resting: fees round once per order, not once per fill."""
    taker_cash: int = 0
    """The value that it has traded on arrival, and on a new arrival after an amendment."""
    rare: bool = False
    """Iceberg, hidden or pegged: one test in the hot path finds all three."""
    display: int = 0
    """Iceberg: the size of one slice; 0 for an order that is fully displayed."""
    shown: int = 0
    """Iceberg: the rest of the present slice."""
    hidden: bool = False
    cap: int = 0
    """Pegged: the worst price that it follows to, while `limit` is its present price; 0 for all others."""
    where: str = BOOK
    ended: str = ""
    """The reason code of its cancellation, if any."""

    @property
    def filled(self) -> int:
        """The traded quantity; quantity that self-trade prevention withdrew no longer counts in `quantity`."""
        return self.quantity - self.remaining

    @property
    def status(self) -> str:
        """The status for the participant: waiting, open, filled or cancelled."""
        if self.ended:
            return "cancelled"
        if not self.remaining:
            return "filled"
        return "open" if self.where == BOOK else "waiting"
