"""The tape: the entries and the prices of a run, read from the journal on demand, each once.

The last entries are kept; older ones are looked up in the journal, which may have moved them to a store. So a market
that is open for hours keeps eight bytes of a trade, and not the event.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InvariantBroken
from market_sim.core.models.event import Event
from market_sim.core.models.market_events import Deposited, Entry, Trade, Transferred, Withdrawn

KEPT = 10_000
"""The number of entries that stay in memory."""


class Tape:
    """The entries of a run (trades, transfers, deposits, withdrawals), and the trade prices of each instrument."""

    def __init__(self, journal: Journal, kept: int = KEPT) -> None:
        self._journal = journal
        self._read = 0
        self._kept = kept
        self._last: list[Entry] = []
        self._forgotten = 0
        """The number of entries before those that are kept."""
        self._prices: dict[str, array[int]] = {}

    def after(self, number: int) -> list[Entry]:
        """The entries after the one with this number, in order; entry n is the n-th."""
        self._catch_up()
        if number >= self._forgotten:
            return self._last[number - self._forgotten :]
        return [entry for entry in entries_in(self._journal) if entry.trade > number]

    def entry(self, number: int) -> Entry:
        """The entry with this number."""
        self._catch_up()
        if number > self._forgotten:
            return self._last[number - self._forgotten - 1]
        for entry in entries_in(self._journal):
            if entry.trade == number:
                return entry
        raise InvariantBroken(f"the journal has no entry {number}")

    def prices(self, symbol: str) -> array[int]:
        """The price of every trade of this instrument so far, oldest first."""
        self._catch_up()
        return self._prices.setdefault(symbol, array("q"))

    def _catch_up(self) -> None:
        if self._read == len(self._journal):
            return
        last, prices = self._last, self._prices
        for entry in entries_in(self._journal.since(self._read)):
            last.append(entry)
            if type(entry) is Trade:
                known = prices.get(entry.symbol)
                if known is None:
                    known = prices[entry.symbol] = array("q")
                known.append(entry.price)
        self._read = len(self._journal)
        if len(last) > 2 * self._kept:
            self._forgotten += len(last) - self._kept
            del last[: -self._kept]


def entries_in(events: Iterable[Event]) -> Iterator[Entry]:
    """The entries among these events."""
    for event in events:
        kind = type(event)
        if kind is Trade or kind is Transferred or kind is Withdrawn or (kind is Deposited and event.trade):  # type: ignore[attr-defined]
            yield event  # type: ignore[misc]
