"""The market-wide halt: the index of a market, and the level that its fall has reached (NYSE rule 7.12).

The index is the equally weighted mean of price by last close, so that it is 1 at the last close.

>>> from market_sim.market.compliance.profile import MarketWide
>>> index = index_of({"A": 93, "B": 93}, {"A": 100, "B": 100})
>>> index, level_reached(MarketWide(), index, "15:24:59"), level_reached(MarketWide(), index, "15:25")
(Fraction(93, 100), 1, 0)
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from market_sim.core.units import BPS, SECOND
from market_sim.market.compliance.market_clock import seconds_of
from market_sim.market.compliance.profile import MarketWide

LAST_LEVEL = 3


def index_of(prices: Mapping[str, int], closes: Mapping[str, int]) -> Fraction:
    """The mean of price by close, over the instruments that have a close; 1 without any."""
    if not closes:
        return Fraction(1)
    return sum((Fraction(prices.get(symbol, close), close) for symbol, close in closes.items()), Fraction()) / len(
        closes
    )


def level_reached(rule: MarketWide, index: Fraction, at: int | str, before: int = 0) -> int:
    """The level that halts the market at this index and time of day; 0 for none.

    `at` is text, or nanoseconds since midnight; `before` is the highest level that has halted the market today: it and
    those below it halt no more, so that a market that reopens below level 2 is not halted at level 1.
    """
    time = seconds_of(at) * SECOND if isinstance(at, str) else at
    reached = sum(index * BPS <= BPS - level for level in (rule.level_1, rule.level_2, rule.level_3))
    if reached <= before:
        return 0
    return reached if reached == LAST_LEVEL or time < seconds_of(rule.not_from) * SECOND else 0


def fall(index: Fraction) -> str:
    """The fall of an index from its last close, in percent cut off after two digits.

    >>> fall(Fraction(93, 100)), fall(Fraction(9_299, 10_000))
    ('7.00 %', '7.01 %')
    """
    bps = int((1 - index) * BPS)
    return f"{bps // 100}.{bps % 100:02} %"
