"""The tape: all entries so far in order, read from the journal on demand, each once."""

from __future__ import annotations

from market_sim.core.data.journal import Journal
from market_sim.core.models.market_events import Deposited, Entry, Trade, Transferred, Withdrawn


class Tape:
    """The entries of a run (trades, transfers, deposits, withdrawals), and the trade prices of each instrument."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._read = 0
        self._entries: list[Entry] = []
        self._prices: dict[str, list[int]] = {}

    @property
    def entries(self) -> list[Entry]:
        """Every entry so far; entry n is at index n - 1."""
        self._catch_up()
        return self._entries

    def prices(self, symbol: str) -> list[int]:
        """The price of every trade of this instrument so far, oldest first."""
        self._catch_up()
        return self._prices.setdefault(symbol, [])

    def _catch_up(self) -> None:
        if self._read == len(self._journal):
            return
        for event in self._journal.since(self._read):
            if type(event) is Trade:
                self._entries.append(event)
                self._prices.setdefault(event.symbol, []).append(event.price)
            elif type(event) is Transferred or type(event) is Withdrawn or (type(event) is Deposited and event.trade):
                self._entries.append(event)
        self._read = len(self._journal)
