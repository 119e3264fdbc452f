"""01-order-book: who trades first?

An order is a dictionary: {"number": 7, "side": "buy", "price": 10_005, "quantity": 3}. Prices are cents, numbers are
given in the order of arrival: a smaller number came earlier.
"""


def queue(waiting, side):
    """Return the numbers of the orders of this side ("buy" or "sell") in the order in which they are served.

    waiting  a list of orders, in any order
    """
    return [order["number"] for order in waiting]


def match(waiting, order):
    """Let one order arrive. Return two lists: the trades, and the orders that wait afterwards.

    waiting  the orders that wait, of both sides, in any order
    order    the order that arrives; its number is larger than all others

    A trade is a tuple (number of the waiting order, price, quantity). The orders that wait afterwards may be
    returned in any order; nothing with quantity 0 waits.
    """
    trades = []
    return trades, [*waiting, order]
