"""A listing: one instrument on one exchange, with its book, its fees, its phase and its orders outside the book."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from market_sim.core.models.event import Numbers
from market_sim.core.models.instruments import LARGEST_AMOUNT, Instrument
from market_sim.market.exchange.allowance import UNWATCHED, SafeRange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook
from market_sim.market.exchange.outlier import Outlier, OutlierRule
from market_sim.market.exchange.pegs import WaitingPegs
from market_sim.market.exchange.triggers import WaitingStops

Phase = Literal["continuous", "call", "halted", "closed"]

CONTINUOUS: Final = "continuous"
IN_CALL: Final = "call"
HALTED: Final = "halted"
BY_RULE: Final = "HALTED_"
"""The beginning of the reason of every halt that a rule has declared; orders are refused with the same reason."""
PAUSED: Final = "PAUSED"
"""The reason of a halt that a person has asked for."""
CLOSED: Final = "closed"

MidpointSource = Callable[[str], tuple[int | None, int | None]]
"""The best bid and the best ask of an instrument, between which the midpoint lies."""
NO_PRICE: Final = (None, 0, 0)
"""The result of an auction without a trade."""


class Listing:
    """The state of one instrument on an exchange. Its terms are copied here because every order needs them."""

    __slots__ = (
        "because", "because_numbers", "book", "busy", "collected", "fees", "finest", "free", "highest", "indicative",
        "instrument", "last", "lot", "lowest", "midpoint_of", "minimum", "most_cash", "most_fixed", "multiplier",
        "on_margin", "outlier", "payment", "pegs", "phase", "quote", "reference", "reserve_rate", "safe", "stops",
        "symbol", "tick",
    )  # fmt: skip

    def __init__(
        self,
        instrument: Instrument,
        fees: FeeSchedule,
        most_cash: int = LARGEST_AMOUNT,
        outlier: OutlierRule | None = None,
    ) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.quote = instrument.quote
        self.tick = instrument.tick
        self.lot = instrument.lot
        self.finest = instrument.tick == instrument.lot == 1  # every whole number is then on the tick and on the lot
        self.multiplier = instrument.cash_multiplier
        self.on_margin = instrument.on_margin
        self.fees = fees
        self.free = fees.free
        self.most_fixed = 1 + 2 * fees.minimum
        # Negative, because rounding up is negated rounding down.
        self.reserve_rate = -max(fees.maker, 0)
        self.minimum = fees.minimum
        self.payment = (self.symbol, self.multiplier, fees.free, fees.minimum, -fees.maker, -fees.taker)
        """The values that every payment needs, in one tuple; the rates are negative like `reserve_rate`."""
        self.book = OrderBook()
        self.most_cash = most_cash
        self.last: int | None = None
        self.reference: int | None = None
        """The reference price of an auction: the last trade, unless the operator set another."""
        self.highest: int | None = None
        """The highest price of an order, if a mechanism sets one."""
        self.lowest: int | None = None
        """The lowest price to which a market order is protected, if a mechanism sets one."""
        self.phase: Phase = CONTINUOUS
        self.because = ""
        self.because_numbers: Numbers = {}
        """The reason code of the phase, and its numbers."""
        self.stops = WaitingStops()
        self.pegs = WaitingPegs()
        self.midpoint_of: MidpointSource | None = None
        """Where pegged orders find the midpoint, if it is not that of this book."""
        self.collected: dict[int, Order] = {}
        """The market orders that wait for the auction; they have no price."""
        self.indicative: tuple[int | None, int, int] = NO_PRICE
        self.outlier = None if outlier is None else Outlier(outlier)
        self.safe: SafeRange = UNWATCHED
        """The limits that the sparing gate of the venue need not look at, and the rules that notice each trade."""
        self.busy = False
        self.watch()

    def watch(self) -> None:
        """Update `busy`: whether an ordinary order needs more than the hot path here."""
        self.busy = bool(self.phase != CONTINUOUS or self.stops or self.pegs or self.outlier or self.on_margin)

    def restate(self, restated: Callable[[int], int], mark: int | None) -> None:
        """Restate every remembered price; a mark replaces the last trade price."""
        tick = self.tick

        def on_tick(price: int) -> int:
            return max(tick, (2 * restated(price) + tick) // (2 * tick) * tick)

        last = self.last if mark is None else mark
        self.last = None if last is None else on_tick(last)
        self.reference = None if self.reference is None else on_tick(self.reference)
        if self.outlier is not None:
            self.outlier.restate(on_tick)
