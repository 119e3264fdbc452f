"""Wants the buyer to pay more than the seller asks.

says: at exactly 10000: equal prices trade
points: 5
"""


def queue(waiting, side):
    """Best price first: the highest for buyers, the lowest for sellers; at one price, whoever came first."""
    own = [order for order in waiting if order["side"] == side]
    direction = -1 if side == "buy" else 1
    own.sort(key=lambda order: (direction * order["price"], order["number"]))
    return [order["number"] for order in own]


def match(waiting, order):
    """Trade with the other side from its best order on, at the price of whoever was waiting; the rest waits."""
    other = "sell" if order["side"] == "buy" else "buy"
    by_number = {one["number"]: dict(one) for one in waiting}
    left = order["quantity"]
    trades = []
    for number in queue(waiting, other):
        maker = by_number[number]
        if left == 0 or not crosses(order, maker):
            break
        quantity = min(left, maker["quantity"])
        trades.append((number, maker["price"], quantity))
        left -= quantity
        maker["quantity"] -= quantity
    after = [one for one in by_number.values() if one["quantity"] > 0]
    if left > 0:
        after.append({**order, "quantity": left})
    return trades, after


def crosses(taker, maker):
    """Whether the buyer pays at least what the seller asks."""
    if taker["side"] == "buy":
        return taker["price"] > maker["price"]
    return taker["price"] < maker["price"]
