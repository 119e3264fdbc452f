"""Random books of a call auction, which of its rules decides their price, and what naive rules let each owner trade."""

from __future__ import annotations

from collections import Counter
from random import Random

from tests.reference.naive_auction import Waiting, auction_price

NAMES = ("fees", "alice", "bob")
RULES = ("nothing", "volume", "surplus", "pressure", "reference")
Placed = tuple[str, bool, int, int]
"""Whose order it is, whether it buys, its limit and its quantity."""


def rule_of(book: list[Placed]) -> str:
    """Which rule decides the price of this book."""
    tried = candidates(book)
    if not any(volume for _, volume, _ in tried):
        return "nothing"
    most = max(volume for _, volume, _ in tried)
    tried = [one for one in tried if one[1] == most]
    if len(tried) == 1:
        return "volume"
    least = min(abs(surplus) for _, _, surplus in tried)
    tried = [one for one in tried if abs(one[2]) == least]
    if len(tried) == 1:
        return "surplus"
    signs = {(surplus > 0) - (surplus < 0) for _, _, surplus in tried}
    return "pressure" if signs in ({1}, {-1}) else "reference"


def candidates(book: list[Placed]) -> list[tuple[int, int, int]]:
    """Each limit of the book with the volume and the surplus of buyers there."""
    found = []
    for price in sorted({limit for _, _, limit, _ in book}):
        wanted = sum(quantity for _, is_buy, limit, quantity in book if is_buy and limit >= price)
        offered = sum(quantity for _, is_buy, limit, quantity in book if not is_buy and limit <= price)
        found.append((price, min(wanted, offered), wanted - offered))
    return found


def sides(book: list[Placed]) -> tuple[list[Waiting], list[Waiting]]:
    buys = [(limit, quantity, False) for _, is_buy, limit, quantity in book if is_buy]
    sells = [(limit, quantity, False) for _, is_buy, limit, quantity in book if not is_buy]
    return buys, sells


def traded(book: list[Placed], reference: int) -> tuple[int, int, Counter[str], Counter[str]]:
    """Price and volume, and what each owner gains of shares and of money: one share after the other changes hands."""
    price, volume, _ = auction_price(*sides(book), 1, reference)
    shares, money = Counter[str](), Counter[str]()
    for is_buy, sign in ((True, 1), (False, -1)):
        units = [
            (-sign * limit, number, owner)
            for number, (owner, buys, limit, quantity) in enumerate(book)
            for _ in range(quantity)
            if buys is is_buy
        ]
        for _, _, owner in sorted(units)[:volume]:
            shares[owner] += sign
            money[owner] -= sign * (price or 0)
    return price or 0, volume, shares, money


def random_book(luck: Random) -> tuple[list[Placed], int]:
    """A few orders near each other, and a reference that may lie beyond all of them."""
    book = [
        (luck.choice(NAMES), luck.random() < 0.5, luck.randint(97, 103), luck.randint(1, 4))
        for _ in range(luck.randint(2, 7))
    ]
    return book, luck.randint(94, 106)


def book_decided_by(rule: str) -> tuple[list[Placed], int]:
    """The first random book whose price this rule decides."""
    luck = Random(rule)
    while True:
        book, reference = random_book(luck)
        if rule_of(book) == rule:
            return book, reference
