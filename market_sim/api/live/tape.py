"""The market data of one live book: its last trades, its candles, its quote, each from the events read so far.

What is kept is bounded: a book that has traded for hours takes no more memory than one that has traded for minutes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from math import log, sqrt
from typing import Final

import msgspec

from market_sim.core.errors import InputError
from market_sim.core.models.market_events import Trade
from market_sim.core.units import SECOND

MINUTE: Final = 60 * SECOND

TRADES_KEPT = 10_000
CANDLES_KEPT = 10_000
"""The candles of a second, and as many of a minute, that are kept for each book; those without a trade take no room."""
LONGEST_CANDLE = 86_400


class Quote(msgspec.Struct, frozen=True):
    """A book at a glance; None for an empty side, and for the price of a trade before the first."""

    symbol: str
    time: int
    last: int | None
    bid: int | None
    ask: int | None
    bid_size: int | None
    ask_size: int | None
    volume: int
    """The quantity traded since the market opened."""
    trades: int
    phase: str


class Level(msgspec.Struct, frozen=True, array_like=True):
    """One price of a side: what is shown there, and the sum from the best price to here."""

    price: int
    quantity: int
    cumulative: int


class Depth(msgspec.Struct, frozen=True):
    """The best prices of both sides, best first."""

    symbol: str
    time: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class TradeView(msgspec.Struct, frozen=True):
    """A trade as everybody may see it: not who traded."""

    trade: int
    """Its entry number, which it has on the chain, too."""
    time: int
    symbol: str
    price: int
    quantity: int
    side: int
    """The side of the taker: +1 if it bought, -1 if it sold."""


class Candle(msgspec.Struct):
    """The trades of a stretch of simulated time; one without a trade repeats the price before."""

    time: int
    """Where it begins."""
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    trades: int = 0

    def add(self, later: Candle) -> None:
        """Extend it by what came after."""
        self.high, self.low = max(self.high, later.high), min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.trades += later.trades


class Statistics(msgspec.Struct, frozen=True):
    """The figures of a book since the market opened."""

    symbol: str
    time: int
    last: int | None
    bid: int | None
    ask: int | None
    open: int | None
    """The price of the first trade."""
    high: int | None
    low: int | None
    volume: int
    turnover: int
    """The value of all trades, in the smallest unit of the currency."""
    trades: int
    orders: int
    """The orders accepted."""
    volatility: float | None
    """The standard deviation of the logarithm of the price from trade to trade; None before three trades."""


class Candles:
    """The last candles of one length that hold a trade, oldest first."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._kept: deque[Candle] = deque(maxlen=CANDLES_KEPT)

    def trade(self, event: Trade) -> None:
        """Add a trade."""
        start = event.time - event.time % self.length
        price = event.price
        one = Candle(start, price, price, price, price, event.quantity, 1)
        if self._kept and self._kept[-1].time == start:
            self._kept[-1].add(one)
        else:
            self._kept.append(one)

    def joined(self, length: int, first: int) -> Iterator[Candle]:
        """Candles of another length, those that hold a trade, from the last one before `first` on."""
        newest_first = []
        for one in reversed(self._kept):
            newest_first.append(one)
            if one.time < first:
                break
        joined: Candle | None = None
        for one in reversed(newest_first):
            start = one.time - one.time % length
            if joined is not None and joined.time == start:
                joined.add(one)
                continue
            if joined is not None:
                yield joined
            joined = msgspec.structs.replace(one, time=start)
        if joined is not None:
            yield joined


class LiveTape:
    """What a book has traded so far."""

    def __init__(self, multiplier: int) -> None:
        self.multiplier = multiplier
        self.phase = "continuous"
        self.orders = 0
        self.volume = self.turnover = self.count = 0
        self.first: int | None = None
        self.last: int | None = None
        self.high: int | None = None
        self.low: int | None = None
        self._trades: deque[TradeView] = deque(maxlen=TRADES_KEPT)
        self._seconds, self._minutes = Candles(SECOND), Candles(MINUTE)
        self._returns = self._squares = 0.0

    def trade(self, event: Trade, symbol: str) -> None:
        """Add a trade."""
        price = event.price
        if self.last is not None:
            change = log(price / self.last)
            self._returns += change
            self._squares += change * change
        self.first = price if self.first is None else self.first
        self.high = price if self.high is None else max(self.high, price)
        self.low = price if self.low is None else min(self.low, price)
        self.last = price
        self.volume += event.quantity
        self.turnover += price * event.quantity * self.multiplier
        self.count += 1
        self._trades.append(TradeView(event.trade, event.time, symbol, price, event.quantity, event.side))
        self._seconds.trade(event)
        self._minutes.trade(event)

    @property
    def volatility(self) -> float | None:
        """The standard deviation of the logarithm of the price from trade to trade; None before three trades."""
        count = self.count - 1
        if count < 2:
            return None
        return sqrt(max(0.0, (self._squares - self._returns**2 / count) / (count - 1)))

    def trades(self, after: int | None, limit: int) -> list[TradeView]:
        """The next trades after the one of this number, oldest first; without one, the last trades."""
        if after is None:
            return _last(self._trades, limit)
        newer = []
        for one in reversed(self._trades):
            if one.trade <= after:
                break
            newer.append(one)
        return newer[: -limit - 1 : -1]

    def candles(self, seconds: int, limit: int, now: int) -> list[Candle]:
        """The last candles of so many seconds up to now, oldest first, without a gap from the first trade on."""
        if not 1 <= seconds <= LONGEST_CANDLE:
            raise InputError(f"a candle lasts 1 to {LONGEST_CANDLE} seconds, found {seconds}")
        length = seconds * SECOND
        newest = now - now % length
        first = newest - (limit - 1) * length
        base = self._minutes if length % MINUTE == 0 else self._seconds
        found: list[Candle] = []
        for one in base.joined(length, first):
            while found and found[-1].time + length < one.time:
                found.append(_still(found[-1], max(found[-1].time + length, first - length)))
            found.append(one)
        while found and found[-1].time < newest:
            found.append(_still(found[-1], found[-1].time + length))
        return [one for one in found if one.time >= first]


def _still(before: Candle, time: int) -> Candle:
    """A candle without a trade."""
    price = before.close
    return Candle(time, price, price, price, price)


def _last(kept: deque[TradeView], limit: int) -> list[TradeView]:
    return list(islice(kept, max(0, len(kept) - limit), None))


def levels(side: Iterable[tuple[int, int]]) -> tuple[Level, ...]:
    """Prices and quantities, best first, with the sums up to each.

    >>> [level.cumulative for level in levels([(100, 5), (99, 2)])]
    [5, 7]
    """
    total, found = 0, []
    for price, quantity in side:
        total += quantity
        found.append(Level(price, quantity, total))
    return tuple(found)
