"""Returns the first quantity that is worth it, not the last that is not.

says: is the first that is worth it
points: 5
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
    """Purchases of the searcher, calls of others, sales of the searcher; sorted keeps the order of equals."""

    def group(call):
        account, function, _, _ = call
        return 1 if account != searcher else 0 if function == "buy" else 2

    return sorted(calls, key=group)


def around(quantity, limit, base, quote, fee_bps):
    """As many as the limit allows, if they sell for more than they cost."""
    most = paid = 0
    theirs = buy(quantity, base, quote, fee_bps)
    for shares in range(1, base - quantity):
        cost = buy(shares, base, quote, fee_bps)
        price = buy(quantity, base - shares, quote + cost, fee_bps)
        if price > limit:
            break
        most, paid, theirs = shares, cost, price
    if not most:
        return 0
    return most if sell(most, base - most - quantity, quote + paid + theirs, fee_bps) > paid else 0


def extracted(arrived, ordered, base, quote, fee_bps):
    """Not yet."""
    return {}


def safe(tolerance_bps, base, quote, fee_bps):
    """The first that is worth it."""
    quantity = 0
    for more in range(1, base - 1):
        limit = buy(more, base, quote, fee_bps) * (BPS + tolerance_bps) // BPS
        quantity = more
        if around(more, limit, base, quote, fee_bps):
            break
    return quantity
