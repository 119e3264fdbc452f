"""A market maker for beliefs: Hanson's logarithmic market scoring rule (rulebook F-3.7; Hanson 2003 and 2007).

The maker sells shares that pay one unit if their outcome comes true. All that traders have ever bought is a vector q;
having brought the market there costs C(q) = b ln sum exp(q/b), and a trade costs the difference, so only the end
matters and not the way. The prices are the slopes of C: positive, and one in sum. The maker loses at most b ln n.

>>> [round(price, 4) for price in prices([10, 20, 23], liquidity=10)]
[0.1354, 0.368, 0.4967]
>>> round(trade_cost([0, 0], outcome=0, shares=10, liquidity=100), 4), round(worst_loss(100, outcomes=2), 2)
(5.1249, 69.31)

With e^800 no float can be reached; the largest q is therefore taken out of the sum first.

>>> cost([80_000, 0], liquidity=100)
80000.0

Money is whole cents, and rounds against the trader: buying up, selling down, so that no round trip earns.

>>> charge([0, 0], outcome=0, shares=10, liquidity=100, payout=100)
513
>>> charge([10, 0], outcome=0, shares=-10, liquidity=100, payout=100)
-512
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from market_sim.core.errors import InputError
from market_sim.pricing.refusals import at_least_one, between, number, positive, whole


def cost(quantities: Sequence[float], liquidity: float) -> float:
    """C(q): what all trades together that lead from nothing to q have cost, plus b ln n."""
    most, weights = _weights(quantities, liquidity)
    return most + liquidity * math.log(math.fsum(weights))


def prices(quantities: Sequence[float], liquidity: float) -> list[float]:
    """The price of each outcome, which is its probability in the market's opinion."""
    _, weights = _weights(quantities, liquidity)
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def trade_cost(quantities: Sequence[float], outcome: int, shares: float, liquidity: float) -> float:
    """What buying this many shares of an outcome costs; selling is a negative number and brings a negative cost."""
    if not 0 <= whole("outcome", outcome) < len(quantities):
        raise InputError(f"outcome must be one of 0 to {len(quantities) - 1}, found {outcome}")
    after = [*quantities]
    after[outcome] += number("shares", shares)
    return cost(after, liquidity) - cost(quantities, liquidity)


def charge(quantities: Sequence[int], outcome: int, shares: int, liquidity: float, payout: int) -> int:
    """The same in money, where a winning share pays `payout` cents; a fraction of a cent is the maker's."""
    for quantity in (*quantities, shares):
        whole("shares", quantity)
    return math.ceil(at_least_one("payout", payout) * trade_cost(quantities, outcome, shares, liquidity))


def worst_loss(liquidity: float, outcomes: int) -> float:
    """b ln n: the most that a maker who started at equal prices can lose, whatever is traded and comes true."""
    return positive("liquidity", liquidity) * math.log(at_least_one("outcomes", outcomes))


def shares_to_move(start: float, target: float, liquidity: float) -> float:
    """How many shares of a yes-or-no market's outcome move its price: b (logit p' - logit p)."""
    for name, price in (("start", start), ("target", target)):
        between(name, price, 0, 1)
    return positive("liquidity", liquidity) * (_logit(target) - _logit(start))


def _weights(quantities: Sequence[float], liquidity: float) -> tuple[float, list[float]]:
    """The largest q, and e^((q - largest)/b) for each: all of them at most one."""
    positive("liquidity", liquidity)
    if len(quantities) < 2:
        raise InputError(f"a market needs at least 2 outcomes, found {len(quantities)}")
    most = max(number("quantity", quantity) for quantity in quantities)
    return most, [math.exp((quantity - most) / liquidity) for quantity in quantities]


def _logit(price: float) -> float:
    return math.log(price) - math.log1p(-price)
