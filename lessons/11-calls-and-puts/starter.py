"""11-calls-and-puts: what is a right worth, at its expiry and before?

Prices are in cents and for one share. Interest is 0.
"""


def payoff(right, strike, price):
    """Return what a "call" or a "put" is worth at its expiry."""
    return 0


def result(right, strike, price, premium, quantity):
    """Return what a position came to; `quantity` is negative for who wrote the options."""
    return 0


def arbitrage(call, put, share, strike):
    """Return ("conversion", gain), ("reversal", gain) or None.

    call, put, share  pairs (bid, ask): you sell at a bid and buy at an ask
    """
    return None


def value(right, strike, price, up, down, steps):
    """Return the value today on a tree in which the price is multiplied by `up` or by `down` in each step."""
    return 0.0
