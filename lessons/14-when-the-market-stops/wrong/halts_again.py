"""Halts at a level that has halted already.

says: level 1 has halted today, and it does so once
points: 2.17
"""

from fractions import Fraction

LEVELS = ((3, Fraction(20, 100)), (2, Fraction(13, 100)), (1, Fraction(7, 100)))
LATE = 15 * 3_600 + 25 * 60


def level(prices, closes, time, before):
    """The highest level that the index has fallen to, unless it has halted before or it is too late for it."""
    index = sum(Fraction(prices.get(symbol, close), close) for symbol, close in closes.items()) / len(closes)
    reached = next((number for number, fall in LEVELS if 1 - index >= fall), 0)
    if reached < 3 and time >= LATE:
        return 0
    return reached


def auction(buys, sells, reference):
    """Not yet."""
    return None


def becomes(phase, message):
    """Not yet."""
    return "trades"
