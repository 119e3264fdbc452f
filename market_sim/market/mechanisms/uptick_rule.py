"""The uptick rule: after a fall of a tenth, short sales only above the best bid (Regulation SHO, rule 201).

After a trade a tenth or more below the last close, the limit of a short sale must be above the best bid, for the rest
of that day and the next one. So short sellers cannot push a falling price further by hitting bids.
"""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.errors import RuleViolation
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken, ShortSalesRestricted
from market_sim.market.exchange.listing import Listing
from market_sim.market.mechanisms.margin_status import MarginCalculator

FALL_PERCENT = 10


class UptickRule:
    """The last closes, and the end of the restriction of each instrument."""

    def __init__(self, calculator: MarginCalculator, journal: Journal, day: int) -> None:
        self._calculator = calculator
        self._journal = journal
        self._read = len(journal)
        self._day = day
        self.closes: dict[str, int] = {}
        self.until: dict[str, int] = {}

    def end_day(self) -> None:
        """Record the closing price of every instrument: its last trade, or its mark without a trade."""
        self._watch()
        for symbol, listing in self._calculator.exchange.listings.items():
            close = listing.last if listing.last is not None else self._calculator.marks.get(symbol)
            if close is not None:
                self.closes[symbol] = close

    def check(self, listing: Listing, limit: int) -> None:
        """Refuse a short sale at or below the best bid while the instrument is restricted."""
        self._watch()
        symbol, bid = listing.symbol, listing.book.best_bid
        if self._calculator.exchange.clock.now < self.until.get(symbol, 0) and bid is not None and limit <= bid:
            raise RuleViolation("UPTICK_RULE", symbol=symbol, limit=limit, bid=bid)

    def _watch(self) -> None:
        """Check every trade since the last call; one trade is enough for a restriction."""
        fresh = self._journal.since(self._read)
        self._read += len(fresh)
        for event in fresh:
            if type(event) is Trade:
                close = self.closes.get(event.symbol)
                if close is not None and 100 * event.price <= (100 - FALL_PERCENT) * close:
                    self._restrict(event, close)
            elif type(event) is CorporateActionTaken and event.symbol in self.closes:
                self.closes[event.symbol] = event.restated(self.closes[event.symbol])  # a split is no fall

    def _restrict(self, trade: Trade, close: int) -> None:
        until = (trade.time // self._day + 2) * self._day
        if until > self.until.get(trade.symbol, 0):
            self.until[trade.symbol] = until
            now = self._calculator.exchange.clock.now
            self._calculator.record(ShortSalesRestricted(now, trade.symbol, close, trade.price, until))
