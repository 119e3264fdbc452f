"""Puts the two prices at the same distance, whatever the chance.

says: quotes(9900, 10100, 0.25, 0.5) is
points: 4
"""

from statistics import NormalDist, fmean, pstdev


def markouts(trades, mids, horizon, end):
    """Not yet."""
    return {}


def buckets(trades, size):
    """Fill one bucket after the other."""
    found, filled, bought, before = [], 0, 0, None
    for _, _, _, side, price, quantity in trades:
        before = price if before is None else before
        while quantity:
            part = min(quantity, size - filled)
            filled, quantity = filled + part, quantity - part
            bought += part if side == 1 else 0
            if filled == size:
                found.append((price - before, bought))
                filled, bought, before = 0, 0, price
    return found


def vpin(full, size, window):
    """Bought less sold is twice the bought less the whole."""
    return fmean(abs(2 * bought - size) / size for _, bought in full[-window:])


def guessed(full, size, window):
    """By the normal distribution of the price changes."""
    sigma = pstdev(change for change, _ in full)
    if sigma == 0:
        return 0.0
    return fmean(abs(2 * NormalDist().cdf(change / sigma) - 1) for change, _ in full[-window:])


def quotes(low, high, chance, informed):
    """The mean, and a half of the distance of the two values for the informed."""
    mean = chance * high + (1 - chance) * low
    half = informed * (high - low) / 2
    return mean - half, mean + half
