"""The transfer of views to the student's process: only new prices and trades are sent, the past is kept there.

The fields to send are listed in the views (`FACTS` and `PAST`, market_sim/market/agents/view.py). `taken_apart` runs on
the side of the market, `Snapshot` on the side of the strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from market_sim.market.agents.past import Prices, SeenTrade, Trades
from market_sim.market.agents.reports import KINDS, Report
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
        "places": [[*place, _facts(view[place])] for place in view.places],
    }


def _facts(market: InstrumentView) -> dict[str, Any]:
    """The present of one instrument on one venue."""
    depth = [[list(level) for level in side] for side in market.depth(LEVELS_SEEN)]
    return {"depth": depth, **{name: getattr(market, name) for name in InstrumentView.FACTS}}


def _market(symbol: str, market: InstrumentView, told: dict[str, int]) -> dict[str, Any]:
    seen = _facts(market)
    for name in InstrumentView.PAST:
        past = getattr(market, name)
        new = past[told.get(f"{name} {symbol}", 0) :]
        seen[name] = [list(one) if isinstance(one, tuple) else one for one in new]
        told[f"{name} {symbol}"] = len(past)
    return seen


class RemoteView(View):
    """A view in the student's process, whose reports wait until the strategy looks at them."""

    __slots__ = ("_unread",)

    def __init__(self, unread: list[Report], **seen: Any) -> None:
        super().__init__(**seen)
        self._unread = unread

    @property
    def reports(self) -> Sequence[Report]:
        """What happened to your orders and your account since you last looked, oldest first."""
        new = (*self._reports, *self._unread)
        object.__setattr__(self, "_reports", new)
        self._unread.clear()
        return new


class Snapshot:
    """The current view of one strategy, built from the messages so far."""

    def __init__(self, luck: Any) -> None:
        self._random = Random(luck if isinstance(luck, int) else None)
        if not isinstance(luck, int):
            self._random.setstate(luck)
        self._prices: dict[str, list[int]] = {}
        self._trades: dict[str, list[SeenTrade]] = {}
        self._unread: list[Report] = []
        self.view: View = RemoteView(self._unread, instruments={}, random=self._random)

    def update(self, seen: dict[str, Any]) -> None:
        """Update the view with a message."""
        for symbol, one in seen["instruments"].items():
            self._prices.setdefault(symbol, []).extend(one["prices"])
            self._trades.setdefault(symbol, []).extend(SeenTrade(*trade) for trade in one["trades"])
        self._unread.extend(KINDS[kind](*fields) for kind, *fields in seen["reports"])
        self.view = RemoteView(
            self._unread,
            instruments={symbol: self._market(symbol, one) for symbol, one in seen["instruments"].items()},
            on_venues={(symbol, venue): self._market(symbol, one) for symbol, venue, one in seen["places"]},
            orders=[OwnOrder(*order) for order in seen["orders"]],
            balances=seen["balances"],
            random=self._random,
            **{name: seen[name] for name in View.FACTS},
        )

    def _market(self, symbol: str, one: dict[str, Any]) -> InstrumentView:
        """One instrument with its past."""
        bids, asks = one["depth"]
        depth = [tuple(level) for level in bids], [tuple(level) for level in asks]
        facts: dict[str, Any] = {name: one[name] for name in InstrumentView.FACTS}
        prices, trades = Prices(self._prices[symbol]), Trades(self._trades[symbol])
        return InstrumentView(symbol, depth=depth, prices=prices, trades=trades, **facts)
