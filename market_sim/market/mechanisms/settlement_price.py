"""The settlement price: one price at which everything that ends at one instant is settled.

Two options and a future on one share that expire together must not be settled at two prices. So the first that asks
lets the price be set and told; everybody after it at the same instant gets the same answer. The price is the mean of
the trades of the last seconds (a single odd trade moves it little), and where there were none the mark
(rulebook F-3.3; the averaging is that of most exchanges' closing settlement).
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
    """Sets settlement prices by the named rule, each once; shared by all mechanisms that settle on one exchange."""

    def __init__(self, marks: Marks, window_ns: int = WINDOW_NS) -> None:
        if type(window_ns) is not int or window_ns < 0:
            raise InputError(
                f"the window of a settlement price is a time in nanoseconds from 0 on, found {window_ns!r}"
            )
        self.marks = marks
        self.window_ns = window_ns
        self._set: dict[str, tuple[int, int, int]] = {}
        """By symbol: when the price was set, the price, and how long the journal was."""

    def settle(self, exchange: Exchange, journal: Journal, symbol: str) -> int | None:
        """The settlement price of this instant; None when the instrument never had any price."""
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
    """Whether the share was split, or paid a dividend, since the journal was so long."""
    return any(type(event) is CorporateActionTaken and event.symbol == symbol for event in journal.since(length))
