"""Measures trading from the decision, so that delay is in it as well.

says: what the price did before is delay
points: 0
"""


def shortfall(side, quantity, decision, fills, last):
    """For what traded: the way to its arrival, and from there to its price. For the rest: the way to the end."""
    filled = sum(many for many, _, _, _ in fills)
    delay = side * sum(many * (arrived - decision) for many, _, arrived, _ in fills)
    trading = side * sum(many * (price - decision) for many, price, _, _ in fills)
    opportunity = side * (quantity - filled) * (last - decision)
    return delay, trading, opportunity, sum(fee for _, _, _, fee in fills)


def slices(weights, total):
    """Not yet."""
    return [0 for weight in weights]


def trajectory(quantity, slices, seconds, sigma, eta, aversion):
    """Not yet."""
    return [quantity, 0]
