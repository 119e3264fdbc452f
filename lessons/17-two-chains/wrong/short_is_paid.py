"""Remembers a message as paid before it knows whether there is enough.

says: so it is as it was when it comes again
points: 6
"""

from math import erf, log, sqrt

FIELDS = ("from_chain", "from_bridge", "to_chain", "to_bridge", "nonce", "to", "amount")


def signed(message):
    """Every field, with something between them that no field contains."""
    return "|".join(str(message[field]) for field in FIELDS)


class End:
    """One end of a bridge: it pays messages that come from the other end."""

    def __init__(self, chain, bridge, other_chain, other_bridge, locked):
        self.place = chain, bridge
        self.other = other_chain, other_bridge
        self.left = locked
        self.paid = set()

    def deliver(self, message, proof):
        """Place, signature, once, enough; and only then pay."""
        goes, comes = (
            (message["to_chain"], message["to_bridge"]),
            (message["from_chain"], message["from_bridge"]),
        )
        if goes != self.place or comes != self.other:
            return "wrong place"
        if proof != signed(message):
            return "not signed"
        if proof in self.paid:
            return "delivered before"
        self.paid.add(proof)
        if message["amount"] > self.left:
            return "short"
        self.left -= message["amount"]
        return "paid"

    def locked(self):
        """What is still locked here."""
        return self.left


def share_day(today, money_day, finality):
    """A claim that begins at the last moment must be final before the money goes back."""
    day = money_day - finality
    return day if day > today else None


def free_option(spot, agreed, quantity, days, volatility):
    """Black and Scholes, without interest."""
    deviation = volatility * sqrt(days / 252)
    if deviation == 0:
        return quantity * max(0, spot - agreed)
    d1 = log(spot / agreed) / deviation + deviation / 2
    return quantity * (spot * below(d1) - agreed * below(d1 - deviation))


def below(x):
    """The normal distribution function."""
    return (1 + erf(x / sqrt(2))) / 2
