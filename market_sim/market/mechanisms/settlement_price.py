"""The settlement price: one price of an instrument for all contracts that end at one instant.

Two options and a future on one share that expire together must be settled at the same price. So the first request sets
and records the price, and later requests at the same instant get the same one. The price is the mean of the trades in a
window (one outlying trade moves it little), or the mark if there were none (rulebook F-3.3; most exchanges average
their closing settlement in the same way).
"""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken, SettlementPriceSet
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.mechanisms.marks import Marks

WINDOW_NS = 500_000_000
"""Half a second: half a trading day where an epoch is a day."""


class SettlementPrices:
    """Sets each settlement price once; shared by all mechanisms that settle on one exchange."""

    def __init__(self, marks: Marks, window_ns: int = WINDOW_NS) -> None:
        if type(window_ns) is not int or window_ns < 0:
            raise InputError(
                f"the window of a settlement price is a time in nanoseconds from 0 on, found {window_ns!r}"
            )
        self.marks = marks
        self.window_ns = window_ns
        self._set: dict[str, tuple[int, int, int]] = {}
        """By symbol: the time at which the price was set, the price, and the length of the journal then."""

    def settle(self, exchange: Exchange, journal: Journal, symbol: str) -> int | None:
        """The settlement price of this instant; None if the instrument never had a price."""
        now = exchange.clock.now
        known = self._set.get(symbol)
        if known is not None and known[0] == now and not _split_since(journal, symbol, known[2]):
            return known[1]
        prices, rule = recent_prices(journal, symbol, now - self.window_ns), "mean"
        price: int | None
        if prices:
            tick = exchange.listings[symbol].tick
            price = (2 * sum(prices) + tick * len(prices)) // (2 * tick * len(prices)) * tick  # the nearest tick
        else:
            price, rule = self.marks.mark(exchange.listings[symbol]), "mark"
        if price is None:
            return None
        self._set[symbol] = now, price, len(journal)
        journal.record(SettlementPriceSet(now, symbol, price, rule, len(prices)))
        return price


def recent_prices(journal: Journal, symbol: str, since: int) -> list[int]:
    """The prices of all trades of an instrument after this time, newest first; none from before a split."""
    prices: list[int] = []
    for number in range(len(journal) - 1, -1, -1):
        event = journal[number]
        if event.time <= since or (type(event) is CorporateActionTaken and event.symbol == symbol):
            break
        if type(event) is Trade and event.symbol == symbol:
            prices.append(event.price)
    return prices


def _split_since(journal: Journal, symbol: str, length: int) -> bool:
    """Whether the share had a corporate action since the journal had this length."""
    return any(type(event) is CorporateActionTaken and event.symbol == symbol for event in journal.since(length))
