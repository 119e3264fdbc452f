"""A market maker for predictions: Hanson's logarithmic market scoring rule (rulebook F-3.7; Hanson 2003 and 2007).

The maker sells shares that pay one unit if their outcome comes true. The vector q holds the number of shares sold of
each outcome. The cost function is C(q) = b ln sum exp(q/b), and a trade costs the difference of C, so the total cost
does not depend on the path. The prices are the slopes of C: positive, with the sum 1. The maker loses at most b ln n.

>>> [round(price, 4) for price in prices([10, 20, 23], liquidity=10)]
[0.1354, 0.368, 0.4967]
>>> round(trade_cost([0, 0], outcome=0, shares=10, liquidity=100), 4), round(worst_loss(100, outcomes=2), 2)
(5.1249, 69.31)

A float cannot hold e^800, so the largest q is taken out of the sum first.

>>> cost([80_000, 0], liquidity=100)
80000.0

Money is whole cents, rounded against the trader (a purchase up, a sale down), so that no round trip gains.

>>> charge([0, 0], outcome=0, shares=10, liquidity=100, payout=100)
513
>>> charge([10, 0], outcome=0, shares=-10, liquidity=100, payout=100)
-512
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from market_sim.core.errors import InputError
from market_sim.pricing.validation import at_least_one, between, number, positive, whole


def cost(quantities: Sequence[float], liquidity: float) -> float:
    """The cost function C(q): the total cost of all trades from zero to q, plus b ln n."""
    most, weights = _weights(quantities, liquidity)
    return most + liquidity * math.log(math.fsum(weights))


def prices(quantities: Sequence[float], liquidity: float) -> list[float]:
    """The price of each outcome, which is its implied probability."""
    _, weights = _weights(quantities, liquidity)
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def trade_cost(quantities: Sequence[float], outcome: int, shares: float, liquidity: float) -> float:
    """The cost of buying this number of shares of an outcome; a sale is a negative number with a negative cost."""
    if not 0 <= whole("outcome", outcome) < len(quantities):
        raise InputError(f"outcome must be one of 0 to {len(quantities) - 1}, found {outcome}")
    after = [*quantities]
    after[outcome] += number("shares", shares)
    return cost(after, liquidity) - cost(quantities, liquidity)


def charge(quantities: Sequence[int], outcome: int, shares: int, liquidity: float, payout: int) -> int:
    """The cost in cents, if a winning share pays `payout` cents, rounded up in favour of the maker."""
    for quantity in (*quantities, shares):
        whole("shares", quantity)
    return math.ceil(at_least_one("payout", payout) * trade_cost(quantities, outcome, shares, liquidity))


def worst_loss(liquidity: float, outcomes: int) -> float:
    """b ln n: the largest possible loss of a maker that started at equal prices."""
    return positive("liquidity", liquidity) * math.log(at_least_one("outcomes", outcomes))


def shares_to_move(start: float, target: float, liquidity: float) -> float:
    """The number of shares that moves the price of an outcome of a binary market: b (logit p' - logit p)."""
    for name, price in (("start", start), ("target", target)):
        between(name, price, 0, 1)
    return positive("liquidity", liquidity) * (_logit(target) - _logit(start))


def _weights(quantities: Sequence[float], liquidity: float) -> tuple[float, list[float]]:
    """The largest q, and e^((q - largest)/b) for each q; every weight is at most 1."""
    positive("liquidity", liquidity)
    if len(quantities) < 2:
        raise InputError(f"a market needs at least 2 outcomes, found {len(quantities)}")
    most = max(number("quantity", quantity) for quantity in quantities)
    return most, [math.exp((quantity - most) / liquidity) for quantity in quantities]


def _logit(price: float) -> float:
    return math.log(price) - math.log1p(-price)
