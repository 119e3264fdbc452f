"""Forgets what never traded.

says: opportunity is 800
points: 2
"""


def shortfall(side, quantity, decision, fills, last):
    """For what traded: the way to its arrival, and from there to its price. For the rest: the way to the end."""
    delay = side * sum(many * (arrived - decision) for many, _, arrived, _ in fills)
    trading = side * sum(many * (price - arrived) for many, price, arrived, _ in fills)
    opportunity = 0
    return delay, trading, opportunity, sum(fee for _, _, _, fee in fills)


def slices(weights, total):
    """Not yet."""
    return [0 for weight in weights]


def trajectory(quantity, slices, seconds, sigma, eta, aversion):
    """Not yet."""
    return [quantity, 0]
