"""The leaderboard of a live market: the performance of every account, as the results of a finished run have it.

Each event is read once, so a refresh costs as much after hours as after minutes. A start of the competition makes what
was gained before it practice: points count from there, and without one from the beginning.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from market_sim.analysis.gains import LaggingGains
from market_sim.analysis.results.competition import NO_PRACTICE, Practice, is_start, standings
from market_sim.analysis.results.performance import Performance, PerformanceFold
from market_sim.analysis.results.worth import ORDERS
from market_sim.core.data.journal import Journal

SHORTEST_SECONDS = 1.0
SHARE = 5
"""Between two calculations lies at least this multiple of the time that the last one took."""
PIECE = 2_000
"""The number of events that are read at once."""


class EntriesSoFar(Protocol):
    """How many entries are final, and how many are settled."""

    @property
    def finalized(self) -> int: ...
    @property
    def settled(self) -> int: ...


class BoardRow(msgspec.Struct, frozen=True):
    """One account in one currency; amounts in its smallest unit. Their meaning is that of a finished run's table."""

    rank: int
    """Its place by the gain from trading since the market opened; 0 for an account of the house."""
    place: int
    """Its place by points; the same points, the same place; 0 for an account of the house."""
    account: str
    strategy: str
    """What decides for it; empty for an account of the house."""
    currency: str
    points: int
    """The gain from trading since the competition began; since the market opened while there is none."""
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
    trading_drawdown: int
    """The largest fall of the gain from trading below its highest point before."""
    hit_rate: float | None
    sharpe: float | None


class Board:
    """The rows, and when they were worked out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rows: list[BoardRow] = []
        self._fold = PerformanceFold()
        self._final, self._settled = LaggingGains(), LaggingGains()
        self._before = NO_PRACTICE
        self._read = 0
        self._due = 0.0
        self._lock = threading.Lock()

    def rows(self, journal: Journal, until: int, entries: EntriesSoFar) -> list[BoardRow]:
        """The rows, by currency, the largest gain from trading first; while one thread adds up, others get the last."""
        if not self._lock.acquire(blocking=not self._rows):
            return self._rows
        try:
            began = self._clock()
            if until != self._read and began >= self._due:
                self._catch_up(journal, until)
                facts = self._fold.facts
                self._final.advance(journal, until, entries.finalized)
                self._settled.advance(journal, until, entries.settled)
                found = self._fold.rows(self._final.from_trading(facts), self._settled.from_trading(facts))
                self._rows = rows_of(found, self._before)
                took = self._clock() - began
                self._due = began + took + max(SHORTEST_SECONDS, SHARE * took)
            return self._rows
        finally:
            self._lock.release()

    def _catch_up(self, journal: Journal, until: int) -> None:
        while self._read < until:
            for event in journal.between(self._read, min(until, self._read + PIECE)):
                if type(event) not in ORDERS:
                    if is_start(event):
                        self._before = Practice(self._read, self._fold.from_trading(), self._fold.trades())
                    self._fold.read(event)
                self._read += 1


def rows_of(found: list[Performance], before: Practice = NO_PRACTICE) -> list[BoardRow]:
    """The rows of a leaderboard; ranks and places count in each currency."""
    places = _places(found, before)
    ranks: dict[str, int] = {}
    rows = []
    for one in found:
        gain, rank = one.gain, 0
        if gain.strategy:
            rank = ranks[gain.currency] = ranks.get(gain.currency, 0) + 1
        rows.append(
            BoardRow(
                rank=rank,
                place=places.get((gain.account, gain.currency), 0),
                account=gain.account,
                strategy=gain.strategy,
                currency=gain.currency,
                points=gain.from_trading - before.gained.get((gain.account, gain.currency), 0),
                worth=gain.worth,
                gain=gain.gain,
                from_trading=gain.from_trading,
                dividends=gain.dividends,
                finalized=one.at_clocks[1],
                settled=one.at_clocks[2],
                trades=one.trades,
                fees=one.fees,
                turnover=one.turnover,
                trading_drawdown=one.drawdown,
                hit_rate=one.hit_rate,
                sharpe=one.sharpe,
            )
        )
    return rows


def _places(found: list[Performance], before: Practice) -> Mapping[tuple[str, str], int]:
    """The place of each account by points; those of the house have none."""
    gained = {(one.gain.account, one.gain.currency): one.gain.from_trading for one in found if one.gain.strategy}
    return {(one.account, one.currency): one.place for one in standings(gained, before)}
