"""What an answer to 03-order-types must do. What is right is what the product's own exchange does.

Prices are whole cents, in the sentences as in the answers.
"""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.intents import BUY, SELL, Buy, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderCancelled, OrderRejected, Trade
from market_sim.course.replay import PracticeExchange

KINDS = ("limit", "market", "ioc", "fok", "post-only")


def order(number, side, price, quantity, kind="limit"):
    return {"number": number, "side": side, "kind": kind, "price": price, "quantity": quantity}


SELLERS = [order(1, "sell", 10_010, 5), order(2, "sell", 10_005, 5), order(3, "sell", 10_020, 5)]
BUYERS = [order(4, "buy", 9_990, 4), order(5, "buy", 10_000, 4)]


@pytest.mark.points(1, task=1, hint="Add up what waits on the other side at prices that the order accepts.")
def test_how_much_could_trade(student, partial):
    "how much of an order could trade at once"
    cases = [
        (order(9, "buy", 10_010, 20), 10, "a buyer at 10010 reaches the sellers at 10005 and 10010, 5 each"),
        (order(9, "buy", 10_004, 20), 0, "nobody sells at 10004 or below"),
        (order(9, "buy", 10_020, 7), 7, "15 wait within the limit, but the order wants 7"),
        (order(9, "sell", 9_990, 20), 8, "a seller at 9990 reaches both buyers, 4 each"),
        (order(9, "buy", None, 20, "market"), 15, "a market order has no limit, so all 15 are within reach"),
    ]
    for right, (arriving, expected, why) in enumerate(cases):
        found = student.call("tradable", SELLERS + BUYERS, arriving)
        assert found == expected, f"{why}: tradable is {expected}, found {found}"
        partial((right + 1) / len(cases), f"{right + 1} of {len(cases)} orders are right")


@pytest.mark.points(2, task=2, hint="Whether the rest may wait depends on the kind of order alone.")
def test_what_becomes_of_the_rest(student, partial):
    "the rest of a limit order waits, that of a market order or an ioc is cancelled"
    told = become(student, order(9, "buy", 10_005, 8))
    assert told["trades"] == [(2, 10_005, 5)], f"8 at 10005 trade 5 with order 2, found {told['trades']}"
    assert told["waits"] == 3, f"the other 3 of a limit order wait, found {told['waits']}"
    partial(1 / 3, "limit orders are right")
    told = become(student, order(9, "buy", 10_005, 8, "ioc"))
    assert told["waits"] == 0, f"immediate or cancel: nothing of it ever waits, and you let {told['waits']} wait"
    assert told["cancelled"] == 3, f"3 of the ioc find nobody and are cancelled, found {told['cancelled']}"
    partial(2 / 3, "limit and ioc are right")
    told = become(student, order(9, "buy", None, 20, "market"))
    assert told["waits"] == 0, (
        f"a market order has no price to wait at, and you let {told['waits']} wait; its rest is cancelled"
    )
    assert len(told["trades"]) == 3 and told["cancelled"] == 5, (
        f"15 of the 20 trade with three sellers and 5 are cancelled, found {told}"
    )
    partial(1, "")


@pytest.mark.points(1, task=2, hint="What price should it have?")
def test_a_market_order_needs_somebody(student):
    "a market order is refused when nobody waits on the other side"
    told = become(student, order(9, "buy", None, 5, "market"), BUYERS)
    assert told["refused"] is True, "nobody sells, so a market order to buy has no price: it must be refused"


@pytest.mark.points(1, task=3, hint="Ask first how much could trade; only then begin.")
def test_fill_or_kill_is_all_or_nothing(student):
    "fill or kill trades everything at once or is refused"
    told = become(student, order(9, "buy", 10_010, 11, "fok"))
    assert not told["trades"], (
        f"10 of 11 can be had within the limit: fill or kill takes all or nothing, and you took {told['trades']}"
    )
    assert told["refused"] is True, "a fill-or-kill order that cannot be filled is refused as a whole"
    told = become(student, order(9, "buy", 10_010, 10, "fok"))
    assert told["trades"] == [(2, 10_005, 5), (1, 10_010, 5)], (
        f"exactly 10 can be had, so a fill-or-kill order for 10 trades; found {told}"
    )


@pytest.mark.points(1, task=3, hint="It wants to be the one who waits.")
def test_post_only_never_takes(student):
    "a post-only order that would trade is refused, otherwise it waits"
    told = become(student, order(9, "buy", 10_005, 3, "post-only"))
    assert told["refused"] is True and not told["trades"], (
        f"a post-only order at 10005 would take from order 2, so it is refused; found {told}"
    )
    told = become(student, order(9, "buy", 10_004, 3, "post-only"))
    assert told["waits"] == 3 and not told["refused"], f"at 10004 nothing would trade, so all 3 wait; found {told}"


@pytest.mark.points(4, task=3, hint="Take the book of the first case that differs and play it by hand.")
def test_random_orders_do_as_on_the_exchange(student, partial, seed, replay):
    "forty random orders do what they do on the exchange"
    luck = Random(seed)
    for case in range(40):
        kind, side = KINDS[case % len(KINDS)], luck.choice(["buy", "sell"])
        lonely = case % 6 == 1  # nobody on the other side
        book = [order(n, side if lonely else luck.choice(["buy", "sell"]), 0, luck.randint(1, 9)) for n in range(1, 9)]
        for one in book:
            one["price"] = 10_000 + (1 if one["side"] == "sell" else -1) * luck.randint(1, 6)
        price = None if kind == "market" else 10_000 + (1 if side == "buy" else -1) * luck.randint(-2, 7)
        arriving = order(9, side, price, luck.randint(5, 40) if case % 3 else 80, kind)  # 80: more than there is
        stage, expected = on_the_exchange(book, arriving, seed)
        found = become(student, arriving, book)
        partial(case / 40, f"{case} of 40 orders are right until the first that differs")
        if found != expected:
            journal = stage.end()
            place = max(n for n, one in enumerate(journal) if type(one) in (OrderAccepted, OrderRejected))
            replay(journal, place, f"the {kind} order arrives", expected, found, found["trades"])
            raise AssertionError(f"order {case + 1} of 40, {arriving}: it becomes {expected}, yours {found}")
    partial(1, "")


# How the checks ask, and what the exchange says


def become(student, arriving, waiting=None):
    found = student.call("arrive", SELLERS + BUYERS if waiting is None else waiting, arriving)
    parts = {"trades", "waits", "cancelled", "refused"}
    assert isinstance(found, dict) and set(found) == parts, (
        f"arrive(...) returns a dictionary with trades, waits, cancelled and refused, found {str(found)[:80]}"
    )
    return {**found, "trades": [tuple(one) for one in found["trades"]], "refused": bool(found["refused"])}


def intent(one):
    place = Buy if one["side"] == "buy" else Sell
    if one["kind"] in ("ioc", "fok"):
        return place("ACME", one["quantity"], one["price"], one["kind"])
    if one["kind"] == "post-only":
        return place("ACME", one["quantity"], one["price"], post_only="reject")
    return PlaceOrder("ACME", BUY if one["side"] == "buy" else SELL, one["quantity"], one["price"])


def on_the_exchange(book, arriving, seed):
    """What becomes of the same order on the product's exchange."""
    stage = PracticeExchange("lesson 03-order-types", seed)
    for one in book:
        stage.play(f"trader-{one['number']}", intent(one))
    before = len(stage.journal)
    stage.play("you", intent(arriving))
    events = stage.journal.since(before)
    trades = [(one.maker_order, one.price, one.quantity) for one in events if type(one) is Trade]
    cancelled = sum(one.quantity for one in events if type(one) is OrderCancelled)
    refused = any(type(one) is OrderRejected for one in events)
    left = 0 if refused else arriving["quantity"] - sum(quantity for _, _, quantity in trades) - cancelled
    return stage, {"trades": trades, "waits": left, "cancelled": cancelled, "refused": refused}
