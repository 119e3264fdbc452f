"""The trade tape: every trade so far in order, read from the journal when somebody asks and never twice."""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Trade


class TradeTape:
    """All trades of a run, and the prices of each instrument."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read = 0
        self._trades: list[Trade] = []
        self._prices: dict[str, list[int]] = {}

    @property
    def trades(self) -> list[Trade]:
        """Every trade so far; trade number n stands at place n - 1."""
        self._catch_up()
        return self._trades

    def prices(self, symbol: str) -> list[int]:
        """The price of every trade of this instrument so far, oldest first."""
        self._catch_up()
        return self._prices.setdefault(symbol, [])

    def _catch_up(self) -> None:
        if self._read == len(self._journal):
            return
        for event in self._journal.since(self._read):
            if type(event) is Trade:
                self._trades.append(event)
                self._prices.setdefault(event.symbol, []).append(event.price)
        self._read = len(self._journal)
