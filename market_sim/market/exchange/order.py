"""An order: an accepted intent with an id and a remaining quantity. It lives in a book and nowhere else."""

from __future__ import annotations

import msgspec

from market_sim.core.models.intents import PlaceOrder


class Order(msgspec.Struct, gc=False):
    """What is still open of an accepted order.

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
    reserved: int = 0
    """Cash held back for the rest of a buy order; a sell order holds back `remaining` of the instrument."""
    maker_cash: int = 0
    """The value of what it has traded while resting: fees round once for an order, not once for a fill."""
    taker_cash: int = 0
    """The value of what it has traded on arrival, and on coming back after an amendment."""
    display: int = 0
    """Iceberg: the size of one slice; 0 for an order that shows all."""
    shown: int = 0
    """Iceberg: what is left of the slice that the book shows now."""
    hidden: bool = False

    @property
    def filled(self) -> int:
        """How much of the order has traded, as long as nothing of it was cancelled."""
        return self.quantity - self.remaining
