"""09-inventory: what is one share more worth to a maker who holds too many?

Prices are in cents, sigma in cents for the root of a second, k in 1/cent. `away` counts quotes, not shares.
"""

from dataclasses import dataclass
from math import ceil, floor, log

from market_sim import Buy, Cancel, Sell, Strategy


def reservation(value, away, risk, sigma, left):
    """Return the price at which a maker is indifferent to one unit more, in cents, not rounded.

    value  what one share is worth
    away   how many units more than it wants the maker holds; negative: how many fewer
    risk   how much it dislikes variance
    sigma  how much the price moves
    left   the seconds until the session ends
    """
    return value


def quotes(value, away, risk, sigma, k, left):
    """Return (bid, ask) in whole cents, half a spread below and above the reservation price."""
    return value, value


@dataclass
class Maker(Strategy):
    """Quotes one bid and one ask around its reservation price."""

    target: int = 3_000
    size: int = 5
    risk: float = 0.02
    sigma: float = 10.0
    k: float = 0.3
    session_s: float = 8.0

    def decide(self, view):
        """Take the old quotes back, then place new ones."""
        yield from []
