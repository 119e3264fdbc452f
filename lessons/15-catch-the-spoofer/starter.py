"""15-catch-the-spoofer: who meant to trade, and who only wanted to be seen?

All quantities are whole numbers, times are nanoseconds.
"""


def is_spoof(quantity, usual, depth, filled, other, waited_ms):
    """Return whether an order that its owner has just cancelled was a spoof.

    quantity   how many shares it was for
    usual      the size of a usual order
    depth      how many shares waited near the best price on its side, this order included
    filled     how many of its shares were traded
    other      how many shares its owner offered on the other side
    waited_ms  how long ago its owner traded on the other side, in milliseconds; None if it did not
    """
    return False


class Detector:
    """Reads the events of a market and names those who break the rule."""

    def feed(self, event):
        """Return the list of the accounts that this event convicts."""
        return []
