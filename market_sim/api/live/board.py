"""The leaderboard of a live market: the performance of every account, as the results of a finished run have it.

It is worked out again at most once a second, and never for longer than a small part of the time: a long journal
takes a while to add up, and the market should not feel it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import msgspec

from market_sim.analysis.results.performance import Performance, performances
from market_sim.analysis.results.worth import without_orders
from market_sim.core.data.journal import Journal

SHORTEST_SECONDS = 1.0
SHARE = 20
"""Between two calculations lies at least this multiple of the time that the last one took."""


class BoardRow(msgspec.Struct, frozen=True):
    """One account in one currency; amounts in its smallest unit. Their meaning is that of a finished run's table."""

    rank: int
    account: str
    strategy: str
    """What decides for it; empty for an account of the house."""
    currency: str
    worth: int
    gain: int
    from_trading: int
    dividends: int
    finalized: int
    """The gain from trading by what is final."""
    settled: int
    """The gain from trading by what the chain has paid out."""
    trades: int
    fees: int
    turnover: int
    drawdown: int
    hit_rate: float | None
    sharpe: float | None


class Board:
    """The rows, and when they were worked out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: list[BoardRow] = []
        self._kept = Journal()
        """The events that can change a row: orders are most events of a market, and change none."""
        self._read = -1
        self._due = 0.0
        self._lock = threading.Lock()

    def rows(self, journal: Journal, until: int) -> list[BoardRow]:
        """The rows, by currency, the largest gain from trading first; while one thread adds up, others get the last."""
        if not self._lock.acquire(blocking=self._read < 0):
            return self._rows
        try:
            began = self._clock()
            if until != self._read and began >= self._due:
                for event in without_orders(journal.since(max(0, self._read))[: until - max(0, self._read)]):
                    self._kept.record(event)
                self._rows = rows_of(performances(self._kept))
                self._read = until
                took = self._clock() - began
                self._due = began + took + max(SHORTEST_SECONDS, SHARE * took)
            return self._rows
        finally:
            self._lock.release()


def rows_of(found: list[Performance]) -> list[BoardRow]:
    """The rows of a leaderboard; ranks count in each currency, and accounts of the house have none (0)."""
    ranks: dict[str, int] = {}
    rows = []
    for one in found:
        gain, rank = one.gain, 0
        if gain.strategy:
            rank = ranks[gain.currency] = ranks.get(gain.currency, 0) + 1
        rows.append(
            BoardRow(
                rank=rank,
                account=gain.account,
                strategy=gain.strategy,
                currency=gain.currency,
                worth=gain.worth,
                gain=gain.gain,
                from_trading=gain.from_trading,
                dividends=gain.dividends,
                finalized=one.at_clocks[1],
                settled=one.at_clocks[2],
                trades=one.trades,
                fees=one.fees,
                turnover=one.turnover,
                drawdown=one.drawdown,
                hit_rate=one.hit_rate,
                sharpe=one.sharpe,
            )
        )
    return rows
