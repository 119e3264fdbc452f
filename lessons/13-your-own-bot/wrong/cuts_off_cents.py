"""Cuts off what a float lacks of a whole cent.

says: a cent is lost where it is cut off
points: 6
"""

import json

SIZE = 5
LIMIT = 20
HALF = 4


def read(message):
    """Prices in whole cents; JSON says null for a side without a price."""
    said = json.loads(message)
    return tuple(cents(said[name]) for name in ("bid_price", "ask_price", "last_price"))


def cents(price):
    """Dollars to cents, once."""
    return None if price is None else int(price * 100)


def inventory(reports):
    """Each report once, whatever was repeated; only fills change what is held."""
    position = cash = 0
    for report in {one["number"]: one for one in reports}.values():
        if report["kind"] == "Filled":
            fill = report["report"]
            position += fill["side"] * fill["quantity"]
            cash -= fill["side"] * fill["quantity"] * fill["price"] + fill["fee"]
    return position, cash


def decide(message, reports, orders):
    """A bid and an ask around the middle, lower when too much is held; what stands already stays."""
    wanted = quotes(*read(message)[:2], inventory(reports)[0])
    asked = []
    for order in orders:
        quote = order["side"], order["remaining"], order["price"]
        if quote in wanted:
            wanted.remove(quote)
        else:
            asked.append(["cancel", order["order"]])
    return asked + [["buy" if side > 0 else "sell", quantity, price] for side, quantity, price in wanted]


def quotes(bid, ask, position):
    """None while one side has no price; otherwise both sides, as far as the limit allows."""
    if bid is None or ask is None:
        return []
    centre = (bid + ask) // 2 - position // 5
    both = [
        (1, min(SIZE, LIMIT - position), min(centre - HALF, ask - 1)),
        (-1, min(SIZE, LIMIT + position), max(centre + HALF, bid + 1)),
    ]
    return [quote for quote in both if quote[1] > 0]
