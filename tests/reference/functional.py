"""Matching as a pure function: (book, order) -> (book', trades), on a book that never changes.

No run uses it: it is the order book to read first, and to test the other one against. Every version of it can be
kept, and what an order does not touch is shared: the new book holds the very same levels. The exchange runs on the
mutable book of order_book.py, which is faster; a test sends both the same orders and finds the same trades and the
same depth.

>>> book = EMPTY
>>> for order in (PureOrder(1, -1, 101, 5), PureOrder(2, -1, 101, 5), PureOrder(3, -1, 102, 5), PureOrder(4, 1, 99, 5)):
...     book, _ = match(book, order)
>>> after, trades = match(book, PureOrder(5, 1, 101, 7))
>>> trades
(PureTrade(maker=1, taker=5, price=101, quantity=5), PureTrade(maker=2, taker=5, price=101, quantity=2))
>>> depth(book), depth(after)
((((99, 5),), ((101, 10), (102, 5))), (((99, 5),), ((101, 3), (102, 5))))
>>> after.asks[-1] is book.asks[-1], after.bids is book.bids
(True, True)
"""

from __future__ import annotations

from typing import Final, NamedTuple


class PureOrder(NamedTuple):
    """A limit order; `side` is +1 to buy and -1 to sell."""

    id: int
    side: int
    limit: int
    quantity: int


class PureTrade(NamedTuple):
    """One fill, at the price of the order that was waiting."""

    maker: int
    taker: int
    price: int
    quantity: int


class PureLevel(NamedTuple):
    """The orders that wait at one price, the oldest first."""

    price: int
    orders: tuple[PureOrder, ...]


Levels = tuple[PureLevel, ...]
"""One side of a book, the best price first."""


class PureBook(NamedTuple):
    """Both sides."""

    bids: Levels = ()
    asks: Levels = ()

    def side(self, side: int) -> Levels:
        """The buyers (+1) or the sellers (-1)."""
        return self.bids if side > 0 else self.asks

    def with_side(self, side: int, levels: Levels) -> PureBook:
        """The same book with another side."""
        return PureBook(levels, self.asks) if side > 0 else PureBook(self.bids, levels)


EMPTY: Final = PureBook()


def match(book: PureBook, order: PureOrder) -> tuple[PureBook, tuple[PureTrade, ...]]:
    """Trade with whatever the order crosses, best price and oldest order first; what is left of it waits."""
    waiting, left = book.side(-order.side), order.quantity
    trades: tuple[PureTrade, ...] = ()
    while left and waiting and order.side * (order.limit - waiting[0].price) >= 0:
        level, left, fills = _take(waiting[0], order.id, left)
        trades += fills
        waiting = (level, *waiting[1:]) if level.orders else waiting[1:]
    book = book.with_side(-order.side, waiting) if trades else book
    return (_rest(book, order._replace(quantity=left)) if left else book), trades


def cancel(book: PureBook, order: int) -> PureBook:
    """The book without this order; a number that does not wait in it changes nothing."""
    for side in (1, -1):
        for place, level in enumerate(book.side(side)):
            kept = tuple(one for one in level.orders if one.id != order)
            if len(kept) < len(level.orders):
                levels = book.side(side)
                between = (PureLevel(level.price, kept),) if kept else ()
                return book.with_side(side, (*levels[:place], *between, *levels[place + 1 :]))
    return book


def depth(book: PureBook) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    """Bids and asks as (price, quantity), best first."""
    bids, asks = (
        tuple((level.price, sum(order.quantity for order in level.orders)) for level in book.side(side))
        for side in (1, -1)
    )
    return bids, asks


def _take(level: PureLevel, taker: int, left: int) -> tuple[PureLevel, int, tuple[PureTrade, ...]]:
    """What one level gives to a taker: the level that remains, what the taker still wants, the trades."""
    trades: tuple[PureTrade, ...] = ()
    orders = level.orders
    while left and orders:
        first = orders[0]
        quantity = min(first.quantity, left)
        trades += (PureTrade(first.id, taker, level.price, quantity),)
        rest = (first._replace(quantity=first.quantity - quantity),) if quantity < first.quantity else ()
        left, orders = left - quantity, rest + orders[1:]
    return PureLevel(level.price, orders), left, trades


def _rest(book: PureBook, order: PureOrder) -> PureBook:
    """The book with this order at the end of the queue of its price."""
    levels = book.side(order.side)
    place = sum(1 for level in levels if order.side * (level.price - order.limit) > 0)
    if place < len(levels) and levels[place].price == order.limit:
        level = PureLevel(order.limit, (*levels[place].orders, order))
        return book.with_side(order.side, (*levels[:place], level, *levels[place + 1 :]))
    return book.with_side(order.side, (*levels[:place], PureLevel(order.limit, (order,)), *levels[place:]))
