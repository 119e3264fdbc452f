"""18-the-leaders-power: a pool, the order of the calls in a block, and what that order takes.

A call is a tuple (account, function, quantity, limit), for example ("ann", "buy", 50, 514_105).
"""


def buy(quantity, base, quote, fee_bps):
    """Return the cents for a purchase at a pool with `base` shares and `quote` cents."""
    return 0


def sell(quantity, base, quote, fee_bps):
    """Return the cents from a sale at a pool with `base` shares and `quote` cents."""
    return 0


def arrange(calls, searcher):
    """Return the calls in the order of a leader that helps the account `searcher`."""
    return calls


def around(quantity, limit, base, quote, fee_bps):
    """Return how many shares to buy in front of a purchase, or 0 if that does not pay."""
    return 0


def extracted(arrived, ordered, base, quote, fee_bps):
    """Return {account or "pool": (shares, cents)}, what it has more in the second order than in the first."""
    return {}


def safe(tolerance_bps, base, quote, fee_bps):
    """Return the largest quantity up to which no purchase is worth trading around."""
    return 0
