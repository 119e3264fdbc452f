"""Puts all calls of the searcher first, its sales as well.

says: eve's purchases, others, eve's sales
points: 2
"""

BPS = 10_000


def buy(quantity, base, quote, fee_bps):
    """Rounded up: the pool gets it."""
    return -(-quote * quantity * BPS // ((base - quantity) * (BPS - fee_bps)))


def sell(quantity, base, quote, fee_bps):
    """Rounded down: the pool pays it."""
    counted = quantity * (BPS - fee_bps)
    return quote * counted // (base * BPS + counted)


def arrange(calls, searcher):
    """The searcher first."""

    def group(call):
        account, _, _, _ = call
        return account != searcher

    return sorted(calls, key=group)


def around(quantity, limit, base, quote, fee_bps):
    """Not yet."""
    return 0


def extracted(arrived, ordered, base, quote, fee_bps):
    """Not yet."""
    return {}


def safe(tolerance_bps, base, quote, fee_bps):
    """Not yet."""
    return 0
