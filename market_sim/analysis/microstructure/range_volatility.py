"""Volatility from the ranges of candles, and the average true range.

A candle has an open O, a high H, a low L and a close C. All are standard deviations for one candle, of logarithms:

    close to close      the sample standard deviation of ln C / C'
    Parkinson           mean (ln H/L)^2 / (4 ln 2)                     Journal of Business 53 (1980)
    Garman-Klass        mean of 0.5 (ln H/L)^2 - (2 ln 2 - 1) (ln C/O)^2          Journal of Business 53 (1980)
    Rogers-Satchell     mean of ln H/C ln H/O + ln L/C ln L/O          Annals of Applied Probability 1 (1991)
    Yang-Zhang          overnight + k open to close + (1 - k) Rogers-Satchell    Journal of Business 73 (2000)

Each assumes that prices are seen all the time; where trades are few, highs are too low and lows too high, so these
estimators are too small. The average true range is J. Welles Wilder's (New Concepts in Technical Trading Systems,
1978): seeded with the mean of the first n ranges, then ((n - 1) ATR + TR) / n (rulebook F-8.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import log, sqrt
from statistics import fmean, stdev, variance
from typing import Protocol

from market_sim.core.errors import InputError


class Candle(Protocol):
    """What is needed of a candle."""

    @property
    def open(self) -> float:
        """The first price."""

    @property
    def high(self) -> float:
        """The highest price."""

    @property
    def low(self) -> float:
        """The lowest price."""

    @property
    def close(self) -> float:
        """The last price."""


def close_to_close(candles: Sequence[Candle]) -> float:
    """The sample standard deviation of the returns from close to close."""
    _need(candles, 3)
    return stdev(log(after.close / before.close) for before, after in pairwise(candles))


def parkinson(candles: Sequence[Candle]) -> float:
    """From highs and lows, for a price without drift."""
    _need(candles, 1)
    return sqrt(fmean(log(one.high / one.low) ** 2 for one in candles) / (4 * log(2)))


def garman_klass(candles: Sequence[Candle]) -> float:
    """From all four prices, for a price without drift; opening jumps are left out."""
    _need(candles, 1)
    weight = 2 * log(2) - 1
    parts = [log(one.high / one.low) ** 2 / 2 - weight * log(one.close / one.open) ** 2 for one in candles]
    return sqrt(max(0.0, fmean(parts)))


def rogers_satchell(candles: Sequence[Candle]) -> float:
    """From all four prices, whatever the drift; opening jumps are left out."""
    _need(candles, 1)
    return sqrt(fmean(map(_rogers_satchell, candles)))


def yang_zhang(candles: Sequence[Candle]) -> float:
    """From all four prices, whatever the drift, with the jumps from a close to the next open."""
    _need(candles, 3)
    overnight = variance(log(after.open / before.close) for before, after in pairwise(candles))
    later = candles[1:]
    day = variance(log(one.close / one.open) for one in later)
    count = len(later)
    weight = 0.34 / (1.34 + (count + 1) / (count - 1))
    return sqrt(overnight + weight * day + (1 - weight) * fmean(map(_rogers_satchell, later)))


def true_ranges(candles: Sequence[Candle]) -> list[float]:
    """The range of each candle with the close before it; of the first, high less low."""
    _need(candles, 1)
    first = candles[0].high - candles[0].low
    return [first, *(max(b.high - b.low, abs(b.high - a.close), abs(b.low - a.close)) for a, b in pairwise(candles))]


def average_true_ranges(candles: Sequence[Candle], count: int) -> list[float]:
    """The average true range of each candle from the `count`-th on."""
    ranges = true_ranges(candles)
    if not 1 <= count <= len(ranges):
        raise InputError(f"an average of {count} ranges needs as many candles, found {len(ranges)}")
    averages = [fmean(ranges[:count])]
    for one in ranges[count:]:
        averages.append(((count - 1) * averages[-1] + one) / count)
    return averages


def _rogers_satchell(one: Candle) -> float:
    return log(one.high / one.close) * log(one.high / one.open) + log(one.low / one.close) * log(one.low / one.open)


def _need(candles: Sequence[Candle], fewest: int) -> None:
    if len(candles) < fewest:
        raise InputError(f"this volatility needs at least {fewest} candles, found {len(candles)}")
