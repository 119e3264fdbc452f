"""Compares floating point numbers.

says: is a fall of 7.00 %: level 1
points: 2.17
"""

LEVELS = ((3, 0.20), (2, 0.13), (1, 0.07))
LATE = 15 * 3_600 + 25 * 60


def level(prices, closes, time, before):
    """The highest level that the index has fallen to, unless it has halted before or it is too late for it."""
    index = sum(prices.get(symbol, close) / close for symbol, close in closes.items()) / len(closes)
    reached = next((number for number, fall in LEVELS if 1 - index >= fall), 0)
    if reached <= before or (reached < 3 and time >= LATE):
        return 0
    return reached


def auction(buys, sells, reference):
    """Not yet."""
    return None


def becomes(phase, message):
    """Not yet."""
    return "trades"
