"""Inventories over time: they end at what the accounts hold, and between two events they move by what was traded."""

from __future__ import annotations

from market_sim.analysis.results.inventory import Holding, inventories, inventory_table
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.simulation.run import simulate
from tests.unit.analysis.results.test_performance import Market


def test_an_inventory_moves_by_trades_and_starts_at_what_was_brought_in():
    market = Market()
    market.trade("ann", "bob", 10, 100)
    market.trade("bob", "ann", 4, 110)
    market.exchange.ledger.deposit("ann", "ACME", 3)
    found = inventories(market.journal)
    numbers = [number for number, event in enumerate(market.journal) if isinstance(event, Trade)]
    brought = [number for number, event in enumerate(market.journal) if isinstance(event, Deposited)]
    assert found["ann", "ACME"] == [
        Holding(numbers[0], 0, 10, 0), Holding(numbers[1], 0, 6, 0), Holding(brought[-1], 0, 9, 3),
    ]  # fmt: skip
    assert [one.position for one in found["bob", "ACME"]] == [100, 90, 94]
    assert [one.inventory for one in found["bob", "ACME"]] == [0, -10, -6]


def test_a_split_doubles_what_is_owed_and_what_is_pledged_too():
    found = inventories(simulate("corporate-actions", epochs=6, settlement="none").journal)
    assert min(one.position for one in found["bear", "ACME"]) == -60, "30 shares were sold short before the split"


def test_the_table_has_every_change_in_the_order_of_time():
    market = Market()
    market.trade("ann", "bob", 10, 100)
    table = inventory_table(market.journal)
    assert table.column("event") == sorted(table.column("event"))
    assert [(row["account"], row["position"], row["brought"]) for row in table] == [
        ("bob", 100, 100), ("ann", 10, 0), ("bob", 90, 100),
    ]  # fmt: skip
