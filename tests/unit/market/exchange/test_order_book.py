"""The book's queues: price and time, also where the queue is long and most of it has left."""

from __future__ import annotations

from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import PATIENCE, OrderBook

TERMS = PlaceOrder("ACME", BUY, 1, 1)


def an_order(number: int, side: int, limit: int, quantity: int) -> Order:
    return Order(number, "", str(number), side, limit, side * limit, quantity, quantity, TERMS, "ACME")


def test_a_long_queue_is_served_in_the_order_of_arrival_however_often_it_is_tidied():
    book = OrderBook()
    waiting = [an_order(number, SELL, 100, 2) for number in range(5_000)]
    for order in waiting:
        book.place(order)
    level = book.asks.levels[-100]
    for order in waiting[::3]:
        book.remove(order)
    left = [order for number, order in enumerate(waiting) if number % 3]
    served, tidied, patience = [], 0, level.patience
    for number in range(5_000, 5_000 + 2 * len(left)):
        served += [maker.id for maker, _ in book.place(an_order(number, BUY, 100, 1))]
        tidied += level.patience > patience
        patience = level.patience
        assert level.volume == sum(order.remaining for order in level.orders.values()) or number % 500
    assert served == [order.id for order in left for _ in range(2)]
    assert not book.asks.levels and not book.asks.keys
    assert 3 < tidied < len(served) / PATIENCE


def test_a_queue_that_shrank_to_one_is_found_without_passing_over_all_that_left():
    book = OrderBook()
    waiting = [an_order(number, SELL, 100, 1_000) for number in range(3_000)]
    for order in waiting:
        book.place(order)
    level = book.asks.levels[-100]
    before = level.orders
    for order in waiting[:-1]:
        book.remove(order)
    for number in range(3_000, 3_000 + PATIENCE):
        assert book.place(an_order(number, BUY, 100, 1)) == [(waiting[-1], 1)]
    assert level.orders is not before
    assert list(level.orders) == [waiting[-1].id]
