"""Trading of structured notes: a bank that issues and quotes a note, and savers that buy and keep it.

A capital-protected note is a zero bond and some calls (rulebook F-3.8), so the bank values it as these two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from market_sim.core.errors import InputError
from market_sim.core.models.derivatives import Note
from market_sim.core.models.intents import BUY, SELL, Intent, PlaceOrder
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import View
from market_sim.pricing.note import ProtectedNote
from market_sim.pricing.rounding import as_price
from market_sim.strategies.market_making.quotes import Quote, quoted_anew


@dataclass
class NoteMaker(Strategy):
    """Issues a note and makes its market: an ask above the value of the note, a bid below it."""

    makes_markets: ClassVar[bool] = True
    note: Note
    rate: float = 0.05
    """The interest of a year."""
    volatility: float = 0.2
    edge_bps: int = 20
    """How far its bid and its ask lie from the value, in hundredths of a percent of it."""
    size: int = 2

    def __post_init__(self) -> None:
        if self.volatility <= 0 or self.edge_bps < 1 or self.size < 1:
            raise InputError(f"volatility, edge and size are positive, found {self}")

    def worth(self, spot: int, time: int) -> float:
        """The value of one note in cents."""
        note = self.note
        years = (note.maturity - time) / (TRADING_DAY_NS * TRADING_DAYS_A_YEAR)
        terms = ProtectedNote(note.protected, note.strike, years, participation=note.participation_bps / 10_000)
        return terms.value(spot=spot, volatility=self.volatility, rate=self.rate)

    def decide(self, view: View) -> Iterable[Intent]:
        """Quote again when the value has moved or a quote is gone."""
        note, market = self.note, view[self.note.symbol]
        spot = view[note.underlying].value or view[note.underlying].last
        if spot is None or view.time >= note.maturity:
            return ()
        value = self.worth(spot, view.time)
        edge = value * self.edge_bps / 10_000
        bid, ask = as_price(value - edge, note.tick, towards="down"), as_price(value + edge, note.tick, towards="up")
        mine = [order for order in view.orders if order.symbol == note.symbol]
        free = view.cash + sum(order.limit * order.remaining for order in mine if order.side == BUY)
        wanted = [Quote(SELL, ask, self.size)] if market.position >= self.size else []
        if bid > 0 and free >= bid * self.size:
            wanted.append(Quote(BUY, bid, self.size))
        return quoted_anew(view, note.symbol, wanted)


@dataclass
class Saver(Strategy):
    """Buys some notes, one at a time, and keeps them to maturity."""

    note: Note
    quantity: int = 5

    def decide(self, view: View) -> Iterable[Intent]:
        """Buy one more note while the quantity is not reached and the cash suffices."""
        market = view[self.note.symbol]
        wanted = view.time < self.note.maturity and market.position < self.quantity
        if wanted and market.ask is not None and view.cash >= market.ask:
            yield PlaceOrder(self.note.symbol, BUY, 1, market.ask, "ioc")
