"""Lets the rest of a market order wait.

says: a market order has no price to wait at
points: 5.93
"""


def others(waiting, order):
    """The orders that this one may trade with, best first."""
    buys = order["side"] == "buy"
    side = [one for one in waiting if one["side"] != order["side"]]
    side.sort(key=lambda one: (one["price"] if buys else -one["price"], one["number"]))
    if order["price"] is None:
        return side
    return [one for one in side if (one["price"] <= order["price"] if buys else one["price"] >= order["price"])]


def tradable(waiting, order):
    """What waits within the limit, but no more than the order wants."""
    return min(order["quantity"], sum(one["quantity"] for one in others(waiting, order)))


def arrive(waiting, order):
    """Refuse what its kind forbids, trade, then let the rest wait or let it go."""
    possible = tradable(waiting, order)
    kind, quantity = order["kind"], order["quantity"]
    if (
        (kind == "fok" and possible < quantity)
        or (kind == "post-only" and possible > 0)
        or (kind == "market" and possible == 0)
    ):
        return {"trades": [], "waits": 0, "cancelled": 0, "refused": True}
    trades, left = [], quantity
    for one in others(waiting, order):
        if left == 0:
            break
        taken = min(left, one["quantity"])
        trades.append((one["number"], one["price"], taken))
        left -= taken
    rests = kind in ("limit", "post-only", "market")
    return {"trades": trades, "waits": left if rests else 0, "cancelled": 0 if rests else left, "refused": False}
