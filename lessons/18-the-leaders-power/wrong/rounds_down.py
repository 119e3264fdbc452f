"""Rounds what a buyer pays down.

says: rounded up, since the pool gets it
points: 1
"""

BPS = 10_000


def buy(quantity, base, quote, fee_bps):
    """Rounded down, like a sale."""
    return quote * quantity * BPS // ((base - quantity) * (BPS - fee_bps))


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


def play(calls, base, quote, fee_bps):
    """What each account and the pool have more after these calls."""
    start, held = (base, quote), {}
    for account, function, quantity, limit in calls:
        shares, cents = held.get(account, (0, 0))
        if function == "buy" and quantity < base and (price := buy(quantity, base, quote, fee_bps)) <= limit:
            base, quote, shares, cents = base - quantity, quote + price, shares + quantity, cents - price
        elif function == "sell" and (price := sell(quantity, base, quote, fee_bps)) >= limit:
            base, quote, shares, cents = base + quantity, quote - price, shares - quantity, cents + price
        held[account] = shares, cents
    return held | {"pool": (base - start[0], quote - start[1])}


def extracted(arrived, ordered, base, quote, fee_bps):
    """The second play less the first."""
    first, second = play(arrived, base, quote, fee_bps), play(ordered, base, quote, fee_bps)
    return {
        account: (second[account][0] - first[account][0], second[account][1] - first[account][1]) for account in first
    }


def safe(tolerance_bps, base, quote, fee_bps):
    """The last quantity before the first that is worth it."""
    quantity = 0
    for more in range(1, base - 1):
        limit = buy(more, base, quote, fee_bps) * (BPS + tolerance_bps) // BPS
        if around(more, limit, base, quote, fee_bps):
            break
        quantity = more
    return quantity
