"""Forgets what the owner offers on the other side.

says: make a maker, which cancels when the price moves
points: 6
"""

WINDOW = 5_000_000_000


def is_spoof(quantity, usual, depth, filled, other, waited_ms):
    """Large, seen, untraded, cancelled soon after a trade on the other side, and not by a maker."""
    return (
        quantity >= 5 * usual
        and 100 * quantity >= 20 * depth
        and 100 * filled <= 10 * quantity
        and waited_ms is not None
        and waited_ms <= 5_000
    )


class Detector:
    """Convicts those who cancel what they showed, just after they traded on the other side."""

    def __init__(self):
        self.live = {}
        self.shown = {}
        self.cases = {}

    def feed(self, event):
        """Follow the live orders of each account by side; open a case at a trade, close it at a cancellation."""
        return getattr(self, event["event"])(event)

    def order(self, event):
        self.live[event["order"]] = [event["account"], event["side"], event["quantity"]]
        self.add(event["account"], event["side"], event["quantity"])
        return []

    def amend(self, event):
        return []

    def cancel(self, event):
        account, side, _ = self.live.pop(event["order"], (event["account"], 0, 0))
        self.add(account, side, -event["quantity"])
        seen = self.cases.get((account, side))
        is_soon = seen is not None and event["time"] - seen <= WINDOW
        return [account] if event["by"] == "owner" and is_soon else []

    def trade(self, event):
        for number in (event["maker_order"], event["taker_order"]):
            account, side, _ = self.live.get(number, (None, 0, 0))
            if account is not None:
                self.add(account, side, -event["quantity"])
                other = self.shown.get((account, -side), 0)
                if other > 4 * (self.shown.get((account, side), 0) + event["quantity"]):
                    self.cases[account, -side] = event["time"]
        return []

    def add(self, account, side, quantity):
        self.shown[account, side] = self.shown.get((account, side), 0) + quantity
