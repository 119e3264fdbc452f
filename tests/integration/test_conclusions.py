"""A margin call's conclusion is true for other parameters too: its numbers are counted again from trades alone."""

from __future__ import annotations

from itertools import product

import pytest

from market_sim.core.models.market_events import OrderAccepted, Trade, Transferred
from market_sim.core.models.mechanism_events import MarginCalled
from market_sim.core.money import written
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.margin_call import MarginCall

GRID = [*product((-10.0, -35.0, -40.0, -60.0, -80.0, 20.0), (0, 1, 2))]


@pytest.mark.parametrize(("fall", "days"), GRID)
def test_a_margin_call_says_who_was_called_and_who_was_sold_out(fall: float, days: int) -> None:
    result = simulate(MarginCall(fall_percent=fall, grace_days=days), Options(settlement="none"))
    journal, said = result.journal, result.conclusion
    called = {event.account for event in journal.of(MarginCalled)}
    # Nobody of the three ever sells of their own accord: whatever they sell is sold by force.
    orders = {event.order for event in journal.of(OrderAccepted) if event.account in ("ann", "bob", "carl")}
    sold: dict[str, tuple[int, int]] = {}
    for trade in journal.of(Trade):
        if trade.taker_order in orders and trade.side < 0:
            shares, cash = sold.get(trade.taker, (0, 0))
            sold[trade.taker] = shares + trade.quantity, cash + trade.quantity * trade.price
    for name in ("ann", "bob", "carl"):
        assert (f"{name} for " in said) == (name in called)
        assert (f"of {name} " in said) == (name in sold)
    for name, (shares, cash) in sold.items():
        assert f"of {name} {shares} shares were sold by force for {written(cash)}" in said
    assert ("Nobody was called" in said) == (not called)
    assert ("every equity stayed above its requirement" in said) == (not called and not sold)
    interest = sum(event.amount for event in journal.of(Transferred) if event.reason == "INTEREST")
    assert f"{written(interest)} of interest" in said or (not called and not sold)
