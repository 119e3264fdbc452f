"""The settlement lag: how long trades wait for their payment, and the margin that such a wait needs.

While trades wait, an owner can fail, and somebody would have to trade at a later price what was not paid. So the margin
of an account covers the most of its trades that can wait at once, against a move of the price that 99 of 100 waits of
this length do not exceed:

    margin = sum over instruments of (most that waits) x mark x 2.326 x yearly volatility x root of (lag in years)

What waits is the net of the trades of any time no longer than the lag, since blocks are paid one by one. A longer lag
has all the times of a shorter one and a larger move, so it never needs less. The measure is that of clearing houses,
which take the largest move of some days at 99 % (CPSS-IOSCO, *Principles for Financial Market Infrastructures*, 2012,
principle 6); instruments are not netted with each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import ceil, sqrt
from statistics import NormalDist
from typing import Final, NamedTuple

from market_sim.analysis.history.chain_story import story_of
from market_sim.analysis.three_clocks import marks_in, terms_in
from market_sim.analysis.volatility import Volatility, volatility_of
from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockFinalized, EpochStarted
from market_sim.core.models.market_events import Trade, entry_number
from market_sim.core.models.settlement_events import BlockSettled, SettlementOpened
from market_sim.core.trading_day import TRADING_DAY_NS, TRADING_DAYS_A_YEAR

CONFIDENCE: Final = 0.99
QUANTILE: Final = NormalDist().inv_cdf(CONFIDENCE)
LONGEST: Final = 1_000
"""The longest lag that can be asked for, in epochs."""
LAGS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""The lags of the page's dial, in epochs."""


class Covered(NamedTuple):
    """What can wait of one account in one instrument, and the margin for it in the smallest unit of the currency."""

    account: str
    symbol: str
    currency: str
    waits: int
    margin: int


class Wait(NamedTuple):
    """How long the trades of a run have waited, in nanoseconds; None when none got that far."""

    until: str
    """What they waited for: "settled", or "final" in a run without a chain."""
    mean: int | None
    longest: int | None


def epoch_ns(journal: Journal) -> int:
    """The length of an epoch: from the start of one to that of the next; of a single one, the time before it."""
    starts = [event.time for event in journal.of(EpochStarted)]
    return next((after - before for before, after in pairwise(starts)), starts[0] if starts else 0) or TRADING_DAY_NS


def measured(journal: Journal) -> Wait:
    """How long trades waited from the match until the payment; without a chain, until they were final."""
    matched = {entry_number(trade): trade.time for trade in journal.of(Trade)}
    settles = next(journal.of(SettlementOpened), None) is not None
    waits: list[int] = []
    done = 0
    for time, entries in _paid(journal) if settles else _final(journal):
        waits += [time - matched[number] for number in range(done + 1, done + entries + 1) if number in matched]
        done += entries
    return Wait("settled" if settles else "final", *((sum(waits) // len(waits), max(waits)) if waits else (None, None)))


def lag_of(wait: Wait, journal: Journal) -> int:
    """The longest wait of a run in whole epochs, rounded up; 1 when nothing got that far."""
    return min(LONGEST, -(-(wait.longest or 1) // epoch_ns(journal)))


def _paid(journal: Journal) -> list[tuple[int, int]]:
    """The time and the number of entries of each settled batch."""
    return [(event.time, event.trades + event.refused) for event in journal.of(BlockSettled)]


def _final(journal: Journal) -> list[tuple[int, int]]:
    """The same of each block of the final chain, when the first validator saw it final."""
    at: dict[str, int] = {}
    for event in journal.of(BlockFinalized):
        at.setdefault(event.block, event.time)
    return [(at[block.block], block.trades) for block in story_of(journal).shared_chain()]


def most_waiting(changes: Iterable[tuple[int, int]], lag_ns: int) -> int:
    """The largest net of the changes of any time shorter than the lag; pairs of time and change, in their order.

    >>> bought_and_sold = [(0, 5), (10, -5), (20, -3)]
    >>> most_waiting(bought_and_sold, 5), most_waiting(bought_and_sold, 11)
    (5, 8)
    """
    position = most = 0
    low: deque[tuple[int, int]] = deque()  # positions before the changes of the last lag, ascending
    high: deque[tuple[int, int]] = deque()  # the same, descending
    for time, change in changes:
        while low and low[-1][1] >= position:
            low.pop()
        while high and high[-1][1] <= position:
            high.pop()
        low.append((time, position))
        high.append((time, position))
        while time - low[0][0] >= lag_ns:
            low.popleft()
        while time - high[0][0] >= lag_ns:
            high.popleft()
        position += change
        most = max(most, position - low[0][1], high[0][1] - position)
    return most


def volatilities(journal: Journal) -> dict[str, Volatility]:
    """The yearly volatility of each instrument that was traded, in the order of the first trades."""
    traded = dict.fromkeys(trade.symbol for trade in journal.of(Trade))
    return {symbol: volatility_of(journal, symbol, TRADING_DAY_NS) for symbol in traded}


def moves(found: Mapping[str, Volatility], lag_ns: int) -> dict[str, float]:
    """The part of its price by which each instrument moves at most in 99 of 100 lags of this length."""
    years = lag_ns / TRADING_DAY_NS / TRADING_DAYS_A_YEAR
    return {symbol: QUANTILE * one.value * sqrt(years) for symbol, one in found.items()}


def covered(journal: Journal, lag_ns: int) -> list[Covered]:
    """What this lag makes wait, and the margin for it, by account and instrument in the order of the first trades."""
    marks, terms = marks_in(journal), terms_in(journal)
    changes: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for trade in journal.of(Trade):
        bought = trade.side * trade.quantity
        for account, change in ((trade.taker, bought), (trade.maker, -bought)):
            changes.setdefault((account, trade.symbol), []).append((trade.time, change))
    move = moves(volatilities(journal), lag_ns)
    found = []
    for (account, symbol), each in changes.items():
        waits = most_waiting(each, lag_ns)
        worth = waits * abs(marks[symbol]) * terms[symbol].multiplier
        found.append(Covered(account, symbol, terms[symbol].quote, waits, ceil(worth * move[symbol])))
    return found
