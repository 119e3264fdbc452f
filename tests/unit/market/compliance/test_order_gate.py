"""The order rate against a count of every message in the journal, and the allowance that spares the gate."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY, Amend, Buy, Cancel, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderRejected
from market_sim.market.compliance.order_gate import MARKET_MAKER, Trader
from market_sim.market.compliance.profile import OrderRate, PositionLimit, SymbolHalt
from market_sim.market.exchange.order import Order
from market_sim.simulation.engine.clock import SECOND
from tests.unit.market.compliance.test_market_rules import SECONDS, ruled

MOST, WINDOW = {"ann": 14, "bob": 6}, 10


def sent_in_the_window(events: list[Event], account: str, now: int) -> int:
    """The accepted orders and amendments of an account that are younger than the window, counted one by one."""
    owner = {event.order: event.account for event in events if type(event) is OrderAccepted}
    return sum(
        type(event) in (OrderAccepted, OrderAmended)
        and owner[event.order] == account
        and now - event.time < WINDOW * SECOND
        for event in events
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_message_is_refused_exactly_when_its_window_is_full(seed: int) -> None:
    random, refused, passed = Random(seed), 0, 0
    rates = OrderRate(participant=MOST["bob"], market_maker=MOST["ann"], window=WINDOW)
    roles = {"roles": {"ann": MARKET_MAKER}}
    market = ruled(SECONDS, order_rate=rates, symbol_halt=SymbolHalt(move=9_000), market=roles)
    market.trade(100_00)  # from here on there is a corridor, so that most orders are not looked at
    seconds, orders = 0.0, []
    for _ in range(400):
        seconds += random.choice((0, 0.25, 0.5, 0.5, 1, 2))
        name, draw = random.choice(("ann", "ann", "bob")), random.random()
        market.at(seconds)
        full = sent_in_the_window([*market.journal], name, market.clock.now) >= MOST[name]
        own = [order for order in orders if order.account == name and order.remaining and not order.ended]
        if draw < 0.1:
            market.exchange.force(name, PlaceOrder("ACME", BUY, 1, 90_00))
            continue
        if draw < 0.3 and own:
            answer = market.send(name, Amend(own[0].id, quantity=own[0].quantity + 1))
        elif draw < 0.4 and own:
            assert isinstance(market.send(name, Cancel(own[-1].id)), Order), "a cancel is free"
            continue
        elif draw < 0.5:
            answer = market.send(name, Buy("ACME", 10**9, 99_00))  # cannot be paid, and is not counted
        else:
            answer = market.send(name, random.choice((Buy("ACME", 2, 99_00), Sell("ACME", 2, 101_00))))
        is_rate = isinstance(answer, OrderRejected) and answer.reason == "RATE_LIMIT"
        assert is_rate == full, (seconds, name, answer)
        refused, passed = refused + is_rate, passed + (not is_rate)
        if isinstance(answer, Order):
            orders.append(answer)
    assert refused > 10
    assert passed > 100


def test_the_exchange_spares_the_gate_while_an_order_is_far_from_every_limit() -> None:
    market = ruled(SECONDS, order_rate=OrderRate(), position_limit=PositionLimit(most=2 * 10**10))
    market.trade(100_00)
    asked: list[int] = []
    look = market.rules.gate._checked

    def counted(account, listing, intent, limit, quantity):
        asked.append(quantity)
        return look(account, listing, intent, limit, quantity)

    market.rules.gate._checked = counted  # type: ignore[method-assign]
    for quantity in range(1, 20):
        market.send("ann", Buy("ACME", quantity, 99_00))
    assert asked == [1], "one look gives an allowance"
    market.send("ann", Buy("ACME", 1, 1))
    assert asked == [1], "without a check for typing errors each price is safe"
    market.exchange.ledger.transfer("bob", "ann", "ACME", 5, "GIFT", "ACME")
    market.send("ann", Buy("ACME", 21, 99_00))
    assert asked == [1, 21], "what came otherwise than by a trade makes it look again"


def test_orders_far_below_the_market_use_up_the_limit_at_the_mark() -> None:
    market = ruled(SECONDS, position_limit=PositionLimit(most=100_00 * (10**6 + 10)))
    market.trade(100_00)
    market.exchange.ledger.open_account("dora")
    market.exchange.ledger.deposit("dora", "USD", 10**12)
    for number in range(100):
        assert market.refused("dora", Buy("ACME", 10_000, (77_00, 92_00, 92_00)[number % 3])) == ""
    assert market.refused("dora", Buy("ACME", 11, 92_00)) == "POSITION_LIMIT", "each counts at 100, whatever its limit"
    assert market.refused("dora", Buy("ACME", 10, 92_00)) == ""


@pytest.mark.parametrize("seed", range(2))
def test_what_passes_unseen_is_never_worth_more_than_the_limit(seed: int) -> None:
    random, most, unseen, refused = Random(seed), 10**6 + 10, 0, 0
    limit = PositionLimit(most=100_00 * most)
    market = ruled(SECONDS, position_limit=limit, order_rate=OrderRate(participant=20, window=WINDOW))
    market.trade(100_00)
    market.exchange.ledger.open_account("dora")
    market.exchange.ledger.deposit("dora", "USD", 10**12)
    gate, seen = market.rules.gate, []
    check = gate.check

    def counted(*order):
        seen.append(order)
        check(*order)

    gate.check = counted  # type: ignore[method-assign]
    seconds, open_quantity = 0.0, 0
    for number in range(2_000):
        seconds += random.choice((0.25, 0.5, 1))
        market.at(seconds)
        quantity = random.choice((1, 40, 1_000, 1_800))
        looks = len(seen)
        reason = market.refused("dora", Buy("ACME", quantity, random.choice((95_00, 99_00))))
        if reason != "RATE_LIMIT":
            assert (reason == "POSITION_LIMIT") == (open_quantity + quantity > most), number
        open_quantity += 0 if reason else quantity
        unseen, refused = unseen + (looks == len(seen)), refused + (reason == "POSITION_LIMIT")
    assert unseen > 100
    assert refused > 10


@pytest.mark.parametrize("seed", range(4))
def test_an_allowance_and_what_is_beyond_it_are_never_more_than_the_headroom(seed: int) -> None:
    random, trader, now = Random(seed), Trader(certain=8, span=10), 0
    left, unseen, looked_at, unknown = -1, 0, 0, 0
    for _ in range(4_000):
        now += random.choice((0, 1, 2, 8))
        worth = random.choice((trader.most or 1, trader.most or 5, trader.most + 1, 20, 200))
        if worth <= trader.most and (trader.orders or trader.renew(now, worth)) > 0:
            unseen += 1
        elif trader.headroom >= worth:  # as the gate does, if the rate allows it
            if trader.orders <= 0 and trader.renew(now) <= 0:
                trader.allow(random.choice((1, 2, 4)))
            trader.charge(worth)
            looked_at += 1
        else:
            left = random.choice((300, 500, 1_000))
            trader.have(left, random.choice((1, worth)))
            unknown += 1
            continue
        trader.orders -= 1
        left -= worth
        set_apart = trader.orders * trader.most
        assert left >= set_apart + max(0, trader.headroom), "more may pass than there is"
        if random.random() < 0.02:
            trader.forget()
    assert min(unseen, looked_at, unknown) > 100
