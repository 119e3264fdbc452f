"""A listing: one instrument on one exchange, with its book, its fees and its last price."""

from __future__ import annotations

from market_sim.core.models.instruments import LARGEST_AMOUNT, Instrument
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook


class Listing:
    """What the exchange knows about one instrument. The numbers are copied here because every order needs them."""

    __slots__ = (
        "book", "fees", "free", "instrument", "last", "lot", "most_cash", "multiplier", "quote", "symbol", "tick",
    )  # fmt: skip

    def __init__(
        self, instrument: Instrument, fees: FeeSchedule, orders: dict[int, Order], most_cash: int = LARGEST_AMOUNT
    ) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.quote = instrument.quote
        self.tick = instrument.tick
        self.lot = instrument.lot
        self.multiplier = instrument.multiplier
        self.fees = fees
        self.free = fees.free
        self.book = OrderBook(orders)
        self.most_cash = most_cash
        self.last: int | None = None
