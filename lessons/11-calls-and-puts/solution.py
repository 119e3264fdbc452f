"""11-calls-and-puts: the model solution."""

from itertools import pairwise


def payoff(right, strike, price):
    """The difference in the holder's favour, or nothing."""
    return max(0, price - strike if right == "call" else strike - price)


def result(right, strike, price, premium, quantity):
    """The payoff less the premium, for every option held; the other way round for every one written."""
    return quantity * (payoff(right, strike, price) - premium)


def arbitrage(call, put, share, strike):
    """Call, put and share together are worth the strike: buy them for less, or sell them for more."""
    conversion = strike - (share[1] + put[1] - call[0])
    reversal = (share[0] + put[0] - call[1]) - strike
    if conversion > 0:
        return "conversion", conversion
    if reversal > 0:
        return "reversal", reversal
    return None


def value(right, strike, price, up, down, steps):
    """Back from the payoffs, step by step, with the probability that makes the share a fair game."""
    p = (1 - down) / (up - down)
    values = [payoff(right, strike, price * up**ups * down ** (steps - ups)) for ups in range(steps + 1)]
    while len(values) > 1:
        values = [p * high + (1 - p) * low for low, high in pairwise(values)]
    return values[0]
