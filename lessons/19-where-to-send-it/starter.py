"""19-where-to-send-it: a router that counts fees, and knows when to leave a venue alone."""


def divide(venues, side, quantity):
    """Return {name: (quantity, limit)}: the parts of an order that costs least with its fees."""
    return {}


def may_be_worse(side, price, fee, other_fee):
    """Return by how many ticks the price may be worse where the fee is `other_fee`."""
    return 0


class Connection:
    """Decides if a message may be sent to a venue."""

    def __init__(self, failures, hold):
        """failures: this many in a row open it; hold: how long it stays open until a probe."""

    def may_send(self, now):
        """Return whether a message may be sent now."""
        return True

    def answered(self):
        """A message was answered."""

    def failed(self, now):
        """A message failed."""
