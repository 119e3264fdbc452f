"""03-order-types: what may become of an order when it arrives?

An order is a dictionary: {"number": 7, "side": "buy", "kind": "limit", "price": 10_005, "quantity": 3}. Prices are
whole cents; a market order has the price None. A smaller number came earlier. Orders that wait are all of kind "limit".
"""


def tradable(waiting, order):
    """Return how many shares the order could trade at once: all that its limit allows, and no more than it wants."""
    return 0


def arrive(waiting, order):
    """Let one order arrive and return what becomes of it, as a dictionary:

    trades     a list of (number of the waiting order, price, quantity), in the order in which they happen
    waits      how many of its shares wait afterwards
    cancelled  how many of its shares are gone without a trade
    refused    True when the exchange does not take the order at all; then nothing else happens

    kinds: "limit", "market", "ioc" (immediate or cancel), "fok" (fill or kill), "post-only"
    """
    return {"trades": [], "waits": order["quantity"], "cancelled": 0, "refused": False}
