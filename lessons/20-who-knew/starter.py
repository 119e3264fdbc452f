"""20-who-knew: markouts, one-sided flow, and the spread of a maker who knows nothing.

A trade is a tuple (time, taker, maker, side, price, quantity), for example (1_000, "ann", "maker", 1, 10_005, 3).
"""


def markouts(trades, mids, horizon, end):
    """Return {account: (mean gain of a share that it took, the same of what it made)}, None where there is none."""
    return {}


def buckets(trades, size):
    """Return [(price change, shares bought by takers)], one pair for each full bucket."""
    return []


def vpin(full, size, window):
    """Return the mean of |bought - sold| / size over the last buckets."""
    return 0.0


def guessed(full, size, window):
    """Return the same from the price changes alone."""
    return 0.0


def quotes(low, high, chance, informed):
    """Return (bid, ask) of a maker who neither gains nor loses."""
    return low, high
