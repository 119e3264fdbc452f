"""A reader of orders on their way sees what will arrive, and records nothing that a journal cannot hold."""

from __future__ import annotations

import pytest

from market_sim.core.models.intents import Buy, Cancel, PlaceOrder, Sell
from market_sim.market.agents.orders_on_the_way import OrdersOnTheWay


class Line:
    """A line with a clock that the test sets."""

    def __init__(self, sealed: bool = False) -> None:
        self.now, self.recorded = 0, []
        self.orders = OrdersOnTheWay("reader", ["buyer"], self.recorded.append, lambda: self.now, sealed)


def test_an_order_can_be_read_until_it_arrives_and_is_recorded_once() -> None:
    line = Line()
    line.orders.pass_by("buyer", [Buy("ACME", 5, 100), Cancel(1), Sell("ACME", 3)], arrives=9)
    line.orders.pass_by("another", [Buy("ACME", 5, 100)], arrives=9)
    line.orders.pass_by("buyer", [Buy("ACME", 7)], arrives=0)
    assert [(one.side, one.quantity, one.limit) for one in line.orders.readable] == [(1, 5, 100), (-1, 3, None)]
    line.now = 9
    assert not line.orders.readable and len(line.recorded) == 2


def test_nothing_is_read_of_a_sealed_order() -> None:
    line = Line(sealed=True)
    line.orders.pass_by("buyer", [Buy("ACME", 5, 100)], arrives=9)
    assert not line.orders.readable and not line.recorded


@pytest.mark.parametrize("changed", [
    {"quantity": 1.5}, {"quantity": None}, {"quantity": 2**70}, {"quantity": 0}, {"limit": "100"}, {"limit": 99.5},
    {"side": True}, {"side": 2}, {"symbol": None},
])  # fmt: skip
def test_what_is_no_order_is_not_read_although_it_is_sent(changed) -> None:
    line = Line()
    line.orders.pass_by("buyer", [PlaceOrder(**{"symbol": "ACME", "side": 1, "quantity": 5, **changed})], arrives=9)
    assert not line.recorded
