"""The transfer of views to the student's process: only new prices and trades are sent, the past is kept there.

The fields to send are listed in the views (`FACTS` and `PAST`, market_sim/market/agents/view.py). `taken_apart` runs on
the side of the market, `Snapshot` on the side of the strategy.
"""

from __future__ import annotations

from random import Random
from typing import Any

from market_sim.market.agents.past import Prices, SeenTrade, Trades
from market_sim.market.agents.reports import KINDS
from market_sim.market.agents.view import InstrumentView, OwnOrder, View

LEVELS_SEEN = 10


def taken_apart(view: View, told: dict[str, int]) -> dict[str, Any]:
    """A view as plain data, with the new part of each past; `told` holds the lengths sent so far and is updated."""
    return {
        **{name: getattr(view, name) for name in View.FACTS},
        "orders": [list(order) for order in view.orders],
        "reports": [[type(report).__name__, *report] for report in view.reports],
        "balances": {asset: view.balance(asset) for asset in view.assets},
        "instruments": {symbol: _market(symbol, view[symbol], told) for symbol in view.symbols},
    }


def _market(symbol: str, market: InstrumentView, told: dict[str, int]) -> dict[str, Any]:
    seen: dict[str, Any] = {name: getattr(market, name) for name in InstrumentView.FACTS}
    for name in InstrumentView.PAST:
        past = getattr(market, name)
        new = past[told.get(f"{name} {symbol}", 0) :]
        seen[name] = [list(one) if isinstance(one, tuple) else one for one in new]
        told[f"{name} {symbol}"] = len(past)
    seen["depth"] = [[list(level) for level in side] for side in market.depth(LEVELS_SEEN)]
    return seen


class Snapshot:
    """The current view of one strategy, built from the messages so far."""

    def __init__(self, luck: int) -> None:
        self._random = Random(luck)
        self._prices: dict[str, list[int]] = {}
        self._trades: dict[str, list[SeenTrade]] = {}
        self.view = View({}, random=self._random)

    def update(self, seen: dict[str, Any]) -> None:
        """Update the view with a message."""
        instruments = {}
        for symbol, one in seen["instruments"].items():
            prices, trades = self._prices.setdefault(symbol, []), self._trades.setdefault(symbol, [])
            prices.extend(one["prices"])
            trades.extend(SeenTrade(*trade) for trade in one["trades"])
            bids, asks = one["depth"]
            depth = [tuple(level) for level in bids], [tuple(level) for level in asks]
            facts: dict[str, Any] = {name: one[name] for name in InstrumentView.FACTS}
            instruments[symbol] = InstrumentView(
                symbol, depth=depth, prices=Prices(prices), trades=Trades(trades), **facts
            )
        self.view = View(
            instruments,
            orders=[OwnOrder(*order) for order in seen["orders"]],
            reports=[KINDS[kind](*fields) for kind, *fields in seen["reports"]],
            balances=seen["balances"],
            random=self._random,
            **{name: seen[name] for name in View.FACTS},
        )
