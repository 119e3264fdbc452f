"""The price of a call auction, as naively as the rule can be written down: ask each limit in the book.

Rule (docs/exchange.md; rulebook F-1.6): the limit at which most trades; of several the one that leaves the least
unmatched; if all of these leave buyers, the highest, if all leave sellers, the lowest; otherwise the reference, or
the nearest price to it between the highest limit that leaves buyers and the lowest that leaves sellers.
"""

from __future__ import annotations

Waiting = tuple[int, int, bool]
"""Limit, quantity, and whether it is a market order: its limit is then only the end of its protection."""


def auction_price(
    buys: list[Waiting], sells: list[Waiting], tick: int, reference: int | None
) -> tuple[int | None, int, int]:
    """The price, the volume and the surplus of buyers; no price when nobody can trade."""

    def at(price: int) -> tuple[int, int, int]:
        wanted = sum(quantity for limit, quantity, _ in buys if limit >= price)
        offered = sum(quantity for limit, quantity, _ in sells if limit <= price)
        return price, min(wanted, offered), wanted - offered

    prices = {limit for limit, _, market in buys + sells if not market}
    if not prices and reference is not None:
        prices = {reference}
    tried = [at(price) for price in sorted(prices)]
    most = max((volume for _, volume, _ in tried), default=0)
    if most == 0:
        return None, 0, 0
    tried = [each for each in tried if each[1] == most]
    least = min(abs(surplus) for _, _, surplus in tried)
    tried = [each for each in tried if abs(each[2]) == least]
    if all(surplus > 0 for _, _, surplus in tried):
        return tried[-1]
    if all(surplus < 0 for _, _, surplus in tried):
        return tried[0]
    lowest, highest = tried[0][0], tried[-1][0]
    if least > 0:
        lowest = max(price for price, _, surplus in tried if surplus > 0)
        highest = min(price for price, _, surplus in tried if surplus < 0)
    if reference is None:
        middle = (lowest + highest) // 2
        reference = middle - middle % tick
    if reference < lowest:
        return at(lowest)
    return at(highest) if reference > highest else at(reference)
