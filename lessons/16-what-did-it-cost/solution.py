"""16-what-did-it-cost: the model solution."""

from math import acosh, sinh


def shortfall(side, quantity, decision, fills, last):
    """For what traded: the way to its arrival, and from there to its price. For the rest: the way to the end."""
    filled = sum(many for many, _, _, _ in fills)
    delay = side * sum(many * (arrived - decision) for many, _, arrived, _ in fills)
    trading = side * sum(many * (price - arrived) for many, price, arrived, _ in fills)
    opportunity = side * (quantity - filled) * (last - decision)
    return delay, trading, opportunity, sum(fee for _, _, _, fee in fills)


def slices(weights, total):
    """Round down, then give one each to the largest fractions."""
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [int(one) for one in exact]
    lost = sorted(range(len(exact)), key=lambda place: (whole[place] - exact[place], place))
    for place in lost[: total - sum(whole)]:
        whole[place] += 1
    return whole


def trajectory(quantity, slices, seconds, sigma, eta, aversion):
    """The hyperbolic sine of the time that is left; a straight line without risk aversion."""
    step = seconds / slices
    kappa = acosh(1 + aversion * sigma**2 * step**2 / (2 * eta)) / step
    if kappa * seconds < 1e-9:
        return [quantity * (slices - number) / slices for number in range(slices + 1)]
    left = [kappa * (seconds - number * step) for number in range(slices + 1)]
    return [quantity * sinh(one) / sinh(kappa * seconds) for one in left]
