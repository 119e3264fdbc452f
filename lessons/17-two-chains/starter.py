"""17-two-chains: a bridge that pays in one place, and a swap that needs no trust.

A message is a dictionary: {"from_chain": 31337, "from_bridge": "0xaa", "to_chain": 31338, "to_bridge": "0xbb",
"nonce": 0, "to": "0xcc", "amount": 300}.
"""


def signed(message):
    """Return what the validators sign for this message, as a text."""
    return ""


class End:
    """One end of a bridge: it pays messages that come from the other end."""

    def __init__(self, chain, bridge, other_chain, other_bridge, locked):
        """chain, bridge: where this end is; other_chain, other_bridge: the other end; locked: what can be paid here."""
        self.chain, self.bridge = chain, bridge
        self.other_chain, self.other_bridge = other_chain, other_bridge
        self.left = locked

    def deliver(self, message, proof):
        """Return "wrong place", "not signed", "delivered before", "short" or "paid"."""
        return "paid"

    def locked(self):
        """Return what is still locked here."""
        return self.left


def share_day(today, money_day, finality):
    """Return the latest safe deadline of the shares, a whole day, or None."""
    return money_day


def free_option(spot, agreed, quantity, days, volatility):
    """Return the value of the choice whether `quantity` shares are bought at the agreed price."""
    return 0.0
