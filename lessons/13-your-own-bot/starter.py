"""13-your-own-bot: from a message of the stream to a market maker.

On the wire a price is a number of dollars, or null. In here a price is a whole number of cents, or None.
"""

import json

SIZE = 5
LIMIT = 20


def read(message):
    """Return (bid, ask, last) of a ticker message in whole cents, None for what has no price.

    message  the text of one message, as it comes from the stream
    """
    said = json.loads(message)
    return said["bid_price"], said["ask_price"], said["last_price"]


def inventory(reports):
    """Return (position, cash): what all fills so far have changed, the shares and the cents.

    reports  a list of {"number": 3, "kind": "Filled", "report": {"side": 1, "quantity": 5, "price": 9990, "fee": 0}}
    """
    return 0, 0


def decide(message, reports, orders):
    """Return what the bot asks for now: ["buy", quantity, price], ["sell", quantity, price], ["cancel", order].

    orders  the open orders, a list of {"order": 12, "side": 1, "price": 9990, "remaining": 5}; side -1 sells
    """
    return []
