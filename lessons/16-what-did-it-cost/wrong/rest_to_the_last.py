"""Gives what is missing to the last slice.

says: the shares that are missing go to the largest fractions
points: 4
"""


def shortfall(side, quantity, decision, fills, last):
    """For what traded: the way to its arrival, and from there to its price. For the rest: the way to the end."""
    filled = sum(many for many, _, _, _ in fills)
    delay = side * sum(many * (arrived - decision) for many, _, arrived, _ in fills)
    trading = side * sum(many * (price - arrived) for many, price, arrived, _ in fills)
    opportunity = side * (quantity - filled) * (last - decision)
    return delay, trading, opportunity, sum(fee for _, _, _, fee in fills)


def slices(weights, total):
    """Rounded down, and the rest in the last slice."""
    whole = [total * weight // sum(weights) for weight in weights]
    whole[-1] += total - sum(whole)
    return whole


def trajectory(quantity, slices, seconds, sigma, eta, aversion):
    """Not yet."""
    return [quantity, 0]
