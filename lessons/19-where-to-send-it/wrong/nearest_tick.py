"""Rounds to the nearest tick.

says: one share costs
points: 4
"""

MILLION = 1_000_000


def divide(venues, side, quantity):
    """All levels in one list, the best with its fee first."""
    levels = [(name, fee, price, size) for name, fee, shown in venues for price, size in shown]
    levels.sort(key=lambda level: side * level[2] * (MILLION + side * level[1]))
    parts = {}
    for name, _, price, size in levels:
        take = min(size, quantity)
        if take:
            parts[name] = (parts.get(name, (0, price))[0] + take, price)
            quantity -= take
    return parts


def may_be_worse(side, price, fee, other_fee):
    """The price that is as good, and its distance."""
    if side == 1:
        return round(price * (MILLION + fee) / (MILLION + other_fee)) - price
    return price - round(price * (MILLION - fee) / (MILLION - other_fee))


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
