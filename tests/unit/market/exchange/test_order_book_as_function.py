"""The pure book: nothing it was given changes, what is untouched is shared, and the exchange's book agrees with it."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.intents import PlaceOrder
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook
from tests.reference.functional import EMPTY, PureOrder, cancel, depth, match


def drawn(draw, number):
    return PureOrder(number, draw.choice((1, -1)), draw.randint(90, 110), draw.randint(1, 20))


@pytest.mark.parametrize("seed", range(20))
def test_ten_thousand_orders_give_the_same_trades_and_depth_in_both_books(seed):
    draw, pure, book, waiting = Random(seed), EMPTY, OrderBook(), {}
    terms = PlaceOrder("ACME", 1, 1, 1)
    for number in range(1, 501):
        if number % 4 == 0 and waiting:
            gone = draw.choice(sorted(waiting))
            pure = cancel(pure, gone)
            book.remove(waiting.pop(gone))
        else:
            order = drawn(draw, number)
            side, limit, quantity = order.side, order.limit, order.quantity
            pure, trades = match(pure, order)
            waiting[number] = Order(
                number, "", str(number), side, limit, side * limit, quantity, quantity, terms, "ACME"
            )
            fills = book.place(waiting[number])
            waiting = {number: order for number, order in waiting.items() if order.remaining}
            assert [(maker.id, number, maker.limit, traded) for maker, traded in fills] == [
                tuple(one) for one in trades
            ]
        bids, asks = depth(pure)
        assert ([*bids], [*asks]) == book.depth(1_000)


def test_a_version_that_was_kept_stays_as_it_was():
    draw, book = Random(1), EMPTY
    for number in range(50):
        book, _ = match(book, drawn(draw, number))
    before = repr(book)
    later = book
    for number in range(50, 150):
        later, _ = match(later, drawn(draw, number))
    assert repr(book) == before
    assert later != book


def test_the_same_input_twice_gives_equal_output():
    book, _ = match(EMPTY, PureOrder(1, -1, 100, 5))
    order = PureOrder(2, 1, 100, 3)
    assert match(book, order) == match(book, order)


def test_untouched_levels_are_the_same_objects():
    draw, book = Random(3), EMPTY
    for number in range(200):
        after, trades = match(book, drawn(draw, number))
        touched = {one.price for one in trades}
        for side in (1, -1):
            old = {level.price: level for level in book.side(side)}
            for level in after.side(side):
                if level == old.get(level.price):
                    assert level is old[level.price]
                else:
                    touched.add(level.price)
        assert len(touched) <= 1 + len(trades)
        book = after


def test_cancelling_what_does_not_wait_changes_nothing():
    book, _ = match(EMPTY, PureOrder(1, -1, 100, 5))
    assert cancel(book, 2) is book
    assert cancel(book, 1) == EMPTY
