"""The price of a call auction and its trades, as pure functions (rulebook F-1.6).

Buyers at or above a price and sellers at or below it can trade there. Of all limits in the book the auction takes the
one with, in this order: the largest volume; the smallest surplus; if all remaining candidates have a surplus of buyers,
the highest, if all have a surplus of sellers, the lowest (market pressure); else the price between them that is closest
to the reference. Market orders count at every price up to their protection and never set one; if there are only market
orders, the reference is the price.

>>> buys, sells = [Interest(102, 5), Interest(101, 10)], [Interest(100, 8), Interest(103, 4)]
>>> find_price(buys, sells, reference=100)
Equilibrium(price=101, volume=8, surplus=7)
>>> find_price([Interest(110, 5, market=True)], [Interest(90, 5, market=True)], reference=100)
Equilibrium(price=100, volume=5, surplus=0)
>>> find_price([Interest(99, 5)], sells, reference=100) is None
True
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from market_sim.market.exchange.order import Order

Match = tuple[Order, Order, int]
"""A buy order, a sell order, and the quantity that they trade with each other."""


class Interest(msgspec.Struct, frozen=True, gc=False):
    """The quantity and the limit of an order in the auction; for a market order the limit is its protection."""

    limit: int
    quantity: int
    market: bool = False


class Equilibrium(msgspec.Struct, frozen=True, gc=False):
    """The result of an auction: its price, its volume, and the surplus of buyers (positive) or of sellers."""

    price: int
    volume: int
    surplus: int


class Curve:
    """A supply or demand curve: the cumulative quantity by price, `up_to` for sellers, `from_` for buyers."""

    def __init__(self, interests: Sequence[Interest]) -> None:
        ordered = sorted(interests, key=lambda interest: interest.limit)
        self.limits = [interest.limit for interest in ordered]
        self.sums = [0, *accumulate(interest.quantity for interest in ordered)]

    def up_to(self, price: int) -> int:
        """The quantity with a limit at or below this price."""
        return self.sums[bisect_right(self.limits, price)]

    def from_(self, price: int) -> int:
        """The quantity with a limit at or above this price."""
        return self.sums[-1] - self.sums[bisect_left(self.limits, price)]


def find_price(
    buys: Sequence[Interest], sells: Sequence[Interest], reference: int | None, tick: int = 1
) -> Equilibrium | None:
    """The equilibrium of an auction, or None if no orders can trade."""
    demand, supply = Curve(buys), Curve(sells)
    limits = sorted({interest.limit for interest in (*buys, *sells) if not interest.market})
    if not limits and reference is not None:
        limits = [reference]
    found = [Equilibrium(price, *_cross(demand.from_(price), supply.up_to(price))) for price in limits]
    volume = max((candidate.volume for candidate in found), default=0)
    if not volume:
        return None
    found = [candidate for candidate in found if candidate.volume == volume]
    least = min(abs(candidate.surplus) for candidate in found)
    found = [candidate for candidate in found if abs(candidate.surplus) == least]
    if found[0].surplus < 0:  # surplus falls as the price rises: if it is negative at the lowest, it is everywhere
        return found[0]
    if found[-1].surplus > 0:
        return found[-1]
    low = max((one.price for one in found if one.surplus > 0), default=found[0].price)
    high = min((one.price for one in found if one.surplus < 0), default=found[-1].price)
    price = (low + high) // (2 * tick) * tick if reference is None else reference
    price = min(max(price, low), high)
    return Equilibrium(price, *_cross(demand.from_(price), supply.up_to(price)))


def _cross(bought: int, sold: int) -> tuple[int, int]:
    return min(bought, sold), bought - sold


def match_orders(buys: Sequence[Order], sells: Sequence[Order]) -> list[Match]:
    """The trades of an auction: both sides in priority order, until one of them is used up."""
    matches: list[Match] = []
    waiting = iter(sells)
    sell = next(waiting, None)
    left = 0 if sell is None else sell.remaining
    for buy in buys:
        wanted = buy.remaining
        while wanted and sell is not None:
            quantity = min(wanted, left)
            matches.append((buy, sell, quantity))
            wanted -= quantity
            left -= quantity
            if not left:
                sell = next(waiting, None)
                left = 0 if sell is None else sell.remaining
    return matches
