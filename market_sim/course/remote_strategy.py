"""A student's strategy as the market knows it: it decides in the student's own process.

What it sees travels there as plain data, what it wants comes back as intents; the exchange, the clock and the scoring
never leave this side. Only prices that are new travel, so a long run costs no more for each decision than a short one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from market_sim.core.models.intents import Intent
from market_sim.course.isolation.student import StudentObject
from market_sim.market.agents.strategy import Strategy
from market_sim.market.agents.view import InstrumentView, View

LEVELS_SEEN = 10


class RemoteStrategy(Strategy):
    """Asks the student's process for each decision."""

    def __init__(self, student: StudentObject, luck: int) -> None:
        self._student = student
        self._luck = luck
        self._sent: dict[str, int] = {}

    def decide(self, view: View) -> Iterable[Intent]:
        """What the student's strategy wants now."""
        wanted: Iterable[Intent] = self._student.student.event(self._student, self._seen(view), self._luck)
        return wanted

    def _seen(self, view: View) -> dict[str, Any]:
        return {
            "time": view.time,
            "cash": view.cash,
            "orders": [list(order) for order in view.orders],
            "instruments": {symbol: self._market(symbol, view[symbol]) for symbol in view.symbols},
        }

    def _market(self, symbol: str, market: InstrumentView) -> dict[str, Any]:
        already = self._sent.get(symbol, 0)
        prices = market.prices
        self._sent[symbol] = len(prices)
        return {
            "new_prices": list(prices[already:]),
            "bid": market.bid,
            "ask": market.ask,
            "position": market.position,
            "value": market.value,
            "tick": market.tick,
            "lot": market.lot,
            "depth": [[list(level) for level in side] for side in market.depth(LEVELS_SEEN)],
        }
