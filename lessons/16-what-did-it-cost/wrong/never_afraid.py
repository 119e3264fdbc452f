"""Sells in equal slices, whatever the risk.

says: who fears risk sells more in the first slice
points: 3
"""


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
    """A straight line."""
    return [quantity * (slices - number) / slices for number in range(slices + 1)]
