"""Counts the gain of a warrant at the price before the exercise.

says: counted at the price before the exercise
points: 2
"""

from itertools import pairwise


def exercised(company, shares, warrants, strike):
    """All warrants if a share is worth more than the strike, otherwise none."""
    return warrants if company > shares * strike else 0


def after(company, shares, warrants, strike):
    """More shares, and a company with more money."""
    new = exercised(company, shares, warrants, strike)
    return shares + new, company + new * strike, (company + new * strike) // (shares + new)


def transfer(company, shares, warrants, strike):
    """The old price less the new one, and the new one less the strike."""
    new = exercised(company, shares, warrants, strike)
    price = (company + new * strike) / (shares + new)
    return company / shares - price, company / shares - strike if new else 0


def value(company, shares, warrants, strike, up, down, steps):
    """Back from what a warrant gains at the end, step by step."""
    p = (1 - down) / (up - down)
    ends = [company * up**ups * down ** (steps - ups) for ups in range(steps + 1)]
    values = [transfer(end, shares, warrants, strike)[1] for end in ends]
    while len(values) > 1:
        values = [p * high + (1 - p) * low for low, high in pairwise(values)]
    return values[0]
