"""The view of a market that runs in another process: what arrived with the last message, and all prices so far."""

from __future__ import annotations

from random import Random
from typing import Any

from market_sim.market.agents.view import InstrumentView, OwnOrder, Prices, View


class Snapshot:
    """The past as one strategy has been told it; only new prices travel, so they are kept here."""

    def __init__(self, luck: int) -> None:
        self._random = Random(luck)
        self._prices: dict[str, list[int]] = {}
        self.view = View({}, random=self._random)

    def update(self, seen: dict[str, Any]) -> None:
        """Take what has changed, and let the view show it."""
        instruments = {}
        for symbol, one in seen["instruments"].items():
            prices = self._prices.setdefault(symbol, [])
            prices.extend(one.pop("new_prices"))
            bids, asks = one.pop("depth")
            instruments[symbol] = InstrumentView(
                symbol,
                Prices(prices, len(prices)),
                depth=([tuple(level) for level in bids], [tuple(level) for level in asks]),
                **one,
            )
        orders = [OwnOrder(*order) for order in seen["orders"]]
        self.view = View(instruments, cash=seen["cash"], time=seen["time"], orders=orders, random=self._random)
