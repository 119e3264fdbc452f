"""Sends everything as soon as the hold is over.

says: the probe is under way, and one is enough
points: 6
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
    """The last price that is as good, and its distance."""
    if side == 1:
        return price * (MILLION + fee) // (MILLION + other_fee) - price
    return price + -price * (MILLION - fee) // (MILLION - other_fee)


class Connection:
    """Closed, open, or half open."""

    def __init__(self, failures, hold):
        self.most, self.hold = failures, hold
        self.status, self.count, self.opened = "closed", 0, 0

    def may_send(self, now):
        """Everything while closed, and one probe after the hold."""
        if self.status == "open" and now - self.opened >= self.hold:
            self.status = "half open"
            return True
        return self.status != "open"

    def answered(self):
        """It works."""
        if self.status != "open":
            self.status, self.count = "closed", 0

    def failed(self, now):
        """One more, and the last one opens."""
        if self.status == "open":
            return
        self.count += 1
        if self.status == "half open" or self.count >= self.most:
            self.status, self.opened = "open", now
