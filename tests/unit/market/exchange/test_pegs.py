"""The waiting list of pegged orders finds the same orders as a look at every one of them."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.intents import BUY, SELL, Buy, Sell
from market_sim.market.exchange.order import Order
from market_sim.market.exchange.order_book import OrderBook
from market_sim.market.exchange.pegs import WaitingPegs


def pegged(number: int, side: int, limit: int) -> Order:
    intent = (Buy if side == BUY else Sell)("ACME", 5, limit, peg="mid")
    order = Order(number, "ann", "ann", side, limit, side * limit, 5, 5, intent, "ACME")
    order.cap = limit
    return order


@pytest.mark.parametrize("seed", range(10))
def test_who_accepts_a_price_is_found_as_by_looking_at_every_order(seed):
    chance, pegs, waiting = Random(seed), WaitingPegs(), {}
    for number in range(1, 120):
        if waiting and chance.random() < 0.4:
            order = waiting.pop(chance.choice([*waiting]))
            pegs.remove(order)
        else:
            order = waiting[number] = pegged(number, chance.choice((BUY, SELL)), chance.randint(95, 105))
            pegs.add(order)
        for price in range(94, 107):
            buys = sorted(each.id for each in waiting.values() if each.side == BUY and each.cap >= price)
            sells = sorted(each.id for each in waiting.values() if each.side == SELL and each.cap <= price)
            assert [each.id for each in pegs.accepting(BUY, price)] == buys
            assert [each.id for each in pegs.accepting(SELL, price)] == sells
            assert pegs.cross_at(price) == bool(buys and sells)
        assert bool(pegs) == bool(waiting)


def test_the_quotes_of_a_book_pass_over_a_level_that_displays_nothing():
    book = OrderBook()
    assert book.quotes == (None, None)
    for number, (side, limit, hidden) in enumerate(((BUY, 99, False), (SELL, 103, False), (BUY, 100, True)), start=1):
        order = Order(number, "ann", "ann", side, limit, side * limit, 5, 5, Buy("ACME", 5, limit), "ACME")
        order.hidden = order.rare = hidden
        book.place(order)
        assert book.quotes == (book.best_bid, book.best_ask)
    assert book.quotes == (99, 103)
