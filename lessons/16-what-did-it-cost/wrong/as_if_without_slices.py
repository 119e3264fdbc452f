"""Takes the formula of continuous trading for kappa.

says: the holdings are
points: 3
"""

from math import sinh, sqrt


def shortfall(side, quantity, decision, fills, last):
    """Not yet."""
    return 0, 0, 0, 0


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
    kappa = sqrt(aversion * sigma**2 / eta)
    if kappa * seconds < 1e-9:
        return [quantity * (slices - number) / slices for number in range(slices + 1)]
    left = [kappa * (seconds - number * step) for number in range(slices + 1)]
    return [quantity * sinh(one) / sinh(kappa * seconds) for one in left]
