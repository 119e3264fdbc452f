"""The order rate against a count of every message in the journal, and the allowance that spares the gate."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.models.event import Event
from market_sim.core.models.intents import BUY, Amend, Buy, Cancel, PlaceOrder, Sell
from market_sim.core.models.market_events import OrderAccepted, OrderAmended, OrderRejected
from market_sim.market.compliance.order_gate import MARKET_MAKER
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
