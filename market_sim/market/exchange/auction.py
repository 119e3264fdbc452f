"""The call auction as arithmetic: one price for everybody who waited (rulebook F-1.6).

Buyers at or above a price and sellers at or below it could trade there. Of all limits in the book the auction takes
the one with, in this order: the largest volume; the smallest surplus; when every candidate left has buyers to spare,
the highest, when every one has sellers to spare, the lowest (market pressure); else the price closest to the reference
between them. Market orders count at every price up to their protection and never name one; when there is nobody
else, the reference is the price.

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

Meeting = tuple[Order, Order, int]
"""A buyer, a seller, and how much they trade with each other."""


class Interest(msgspec.Struct, frozen=True, gc=False):
    """A quantity that somebody would trade up to this limit; for a market order the limit is its protection."""

    limit: int
    quantity: int
    market: bool = False


class Equilibrium(msgspec.Struct, frozen=True, gc=False):
    """What an auction gives: its price, its volume, and what is left there, of buyers (positive) or of sellers."""

    price: int
    volume: int
    surplus: int


class Curve:
    """How much could trade at each price: `up_to` for sellers, `from_` for buyers."""

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
    """The auction's price, or None when nobody could trade with anybody."""
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


def pair(buys: Sequence[Order], sells: Sequence[Order]) -> list[Meeting]:
    """Who trades with whom: both sides in the order of service, until one of them has nothing left."""
    meetings: list[Meeting] = []
    waiting = iter(sells)
    sell = next(waiting, None)
    left = 0 if sell is None else sell.remaining
    for buy in buys:
        wanted = buy.remaining
        while wanted and sell is not None:
            quantity = min(wanted, left)
            meetings.append((buy, sell, quantity))
            wanted -= quantity
            left -= quantity
            if not left:
                sell = next(waiting, None)
                left = 0 if sell is None else sell.remaining
    return meetings
