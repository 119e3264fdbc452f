"""Quotes the mean value to everybody.

says: the maker loses to those who know
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
    """What the share is worth on average."""

    def worth(if_high, if_low):
        return (chance * if_high * high + (1 - chance) * if_low * low) / (chance * if_high + (1 - chance) * if_low)

    return worth(1, 1), worth(1, 1)
