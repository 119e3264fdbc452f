"""Takes the deviation of the last buckets only.

says: guessed(63 buckets, 17, 50) is
points: 6
"""

from bisect import bisect_right
from statistics import NormalDist, fmean, pstdev


def markouts(trades, mids, horizon, end):
    """Gains and shares of each account, as a taker and as a maker."""
    times = [time for time, _ in mids]
    sums = {}
    for time, taker, maker, side, price, quantity in trades:
        later = time + horizon
        place = bisect_right(times, later) - 1
        if later > end or place < 0:
            continue
        gain = side * (mids[place][1] - price)
        for account, role, sign in ((taker, 0, 1), (maker, 1, -1)):
            found = sums.setdefault(account, [[0, 0], [0, 0]])[role]
            found[0] += sign * gain * quantity
            found[1] += quantity
    return {
        account: tuple(gain / shares if shares else None for gain, shares in roles) for account, roles in sums.items()
    }


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
    sigma = pstdev(change for change, _ in full[-window:])
    if sigma == 0:
        return 0.0
    return fmean(abs(2 * NormalDist().cdf(change / sigma) - 1) for change, _ in full[-window:])


def quotes(low, high, chance, informed):
    """Not yet."""
    return low, high
