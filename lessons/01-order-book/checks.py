"""What an answer to 01-order-book must do. What is right is what the product's own exchange does.

Prices are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.intents import BUY, SELL, PlaceOrder
from market_sim.core.models.market_events import OrderAccepted, Trade
from market_sim.course.replay import PracticeExchange

SIDES = {"buy": BUY, "sell": SELL}


def order(number, side, price, quantity):
    return {"number": number, "side": side, "price": price, "quantity": quantity}


SELLERS = [order(1, "sell", 10_010, 5), order(2, "sell", 10_005, 5), order(3, "sell", 10_020, 5)]
BUYERS = [order(4, "buy", 9_990, 5), order(5, "buy", 10_000, 5), order(6, "buy", 9_980, 5)]


@pytest.mark.points(2, task=1, hint="For a buyer the best price is the highest; for a seller the lowest.")
def test_best_price_is_served_first(student, partial):
    "the best price is served first, on both sides"
    sellers = student.call("queue", SELLERS + BUYERS, "sell")
    buyers = student.call("queue", SELLERS + BUYERS, "buy")
    assert isinstance(sellers, list), f"queue(...) must return a list of numbers, found {sellers!r}"
    partial(((sellers == [2, 1, 3]) + (buyers == [5, 4, 6])) / 2, "one side is right")
    assert sorted(sellers) == [1, 2, 3], f"only the sellers 1, 2 and 3 wait in the queue of sellers, found {sellers}"
    assert sellers == [2, 1, 3], (
        f"sellers ask 10010 (1), 10005 (2) and 10020 (3): the lowest is served first, so 2, 1, 3; found {sellers}"
    )
    assert buyers == [5, 4, 6], (
        f"buyers pay 9990 (4), 10000 (5) and 9980 (6): the highest is served first, so 5, 4, 6; found {buyers}"
    )


@pytest.mark.points(1, task=1, hint="The number of an order says when it came.")
def test_at_one_price_the_first_is_served_first(student):
    "at one price, whoever came first is served first"
    waiting = [order(9, "sell", 10_005, 1), order(2, "sell", 10_005, 50), order(5, "sell", 10_005, 3)]
    found = student.call("queue", waiting, "sell")
    assert found != [9, 5, 2], "order 9 came last and was served first: at one price, time decides"
    assert found == [2, 5, 9], (
        f"at one price the orders are served in the order of their numbers 2, 5, 9; found {found}"
    )


@pytest.mark.points(2, task=2, hint="Who was there first had named a price; who comes later accepts it.")
def test_a_trade_happens_at_the_waiting_price(student):
    "a trade happens at the price of the order that was waiting"
    trades, _ = answer(student, [order(1, "sell", 10_000, 5)], order(2, "buy", 10_008, 5))
    assert trades, "a buyer at 10008 meets a seller at 10000: there must be a trade, and there is none"
    assert trades[0][1] != 10_008, (
        "your trade is at 10008, the limit of the order that arrived; it happens at 10000, the price of the one "
        "that was waiting"
    )
    assert trades == [(1, 10_000, 5)], f"expected one trade, 5 with order 1 at 10000; found {trades}"
    equal, _ = answer(student, [order(1, "sell", 10_000, 5)], order(2, "buy", 10_000, 5))
    assert equal, "a buyer at 10000 meets a seller at exactly 10000: equal prices trade"


@pytest.mark.points(
    2, task=2, hint="Go from the best order to the next, until nothing is left or the price is too bad."
)
def test_an_order_sweeps_as_far_as_its_limit(student, partial):
    "an order takes level after level, no further than its limit, and its rest waits"
    waiting = [order(1, "sell", 10_010, 5), order(2, "sell", 10_005, 5), order(3, "sell", 10_020, 5)]
    trades, after = answer(student, waiting, order(4, "buy", 10_012, 20))
    stopped = trades == [(2, 10_005, 5), (1, 10_010, 5)]
    partial(0.5 if stopped else 0, "the trades are right, what waits afterwards is not")
    assert all(price <= 10_012 for _, price, _ in trades), (
        "a buyer with limit 10012 bought at 10020: nobody pays more than the limit"
    )
    assert stopped, f"expected 5 with order 2 at 10005, then 5 with order 1 at 10010; found {trades}"
    rests = [one for one in after if one["number"] == 4]
    assert rests, "10 of the 20 found nobody: the rest of the order must wait, and it is gone"
    assert rests[0]["quantity"] == 10, f"10 of order 4 wait, found {rests[0]['quantity']}"
    assert len(after) == 2, f"orders 3 and 4 wait, found {sorted(one['number'] for one in after)}"
    partial(1, "")


@pytest.mark.points(3, task=2, hint="Take the first order that differs and play it by hand.")
def test_random_days_go_as_on_the_exchange(student, partial, seed, replay):
    "six random days give the trades that the exchange gives"
    luck = Random(seed)
    right = 0
    for day in range(6):
        arrivals = [
            order(number, luck.choice(["buy", "sell"]), 10_000 + luck.randint(-6, 6), luck.randint(1, 9))
            for number in range(1, 31)
        ]
        stage, expected = exchange_day(arrivals, seed)
        waiting, different = [], None
        for arriving in arrivals:
            trades, waiting = answer(student, waiting, arriving)
            if trades != expected.get(arriving["number"], []):
                different = arriving["number"]
                break
        right += different is None
        partial(right / 6, f"{right} of 6 days are right until the first that differs")
        if different is not None:
            journal, made = stage.end(), expected.get(different, [])
            asked = f"order {different} arrives and trades (number, price, quantity)"
            replay(journal, accepted_at(journal, different), asked, made, trades, trades)
            raise AssertionError(
                f"on day {day + 1} order {different} arrives and the exchange makes the trades {made}, "
                f"yours are {trades}"
            )


# How the checks ask, and what the exchange says


def answer(student, waiting, arriving):
    """What the student's `match` makes of an arrival, in the shape that is asked for."""
    found = student.call("match", waiting, arriving)
    assert isinstance(found, tuple | list) and len(found) == 2, (
        f"match(...) must return two lists, the trades and what waits; found {str(found)[:80]}"
    )
    trades, after = found
    assert all(isinstance(one, tuple | list) and len(one) == 3 for one in trades), (
        f"a trade is (number, price, quantity), found {str(trades)[:80]}"
    )
    return [tuple(one) for one in trades], after


def exchange_day(arrivals, seed):
    """The same orders on the product's exchange: its stage, and its trades by the number of the arriving order."""
    stage = PracticeExchange("lesson 01-order-book", seed)
    for one in arrivals:
        stage.play(f"trader-{one['number']}", PlaceOrder("ACME", SIDES[one["side"]], one["quantity"], one["price"]))
    trades = {}
    for event in stage.journal.of(Trade):
        trades.setdefault(event.taker_order, []).append((event.maker_order, event.price, event.quantity))
    return stage, trades


def accepted_at(journal, number):
    """The place in the journal at which this order arrives."""
    return next(place for place, event in enumerate(journal) if type(event) is OrderAccepted and event.order == number)
