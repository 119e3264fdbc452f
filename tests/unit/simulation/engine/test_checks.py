"""After each epoch `--paranoid` looks at accounts, books and the order of events; each sees what the others cannot."""

from __future__ import annotations

import pytest

from market_sim.core.errors import InvariantBroken
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Trade
from market_sim.simulation.engine.world import World


@pytest.fixture
def world() -> World:
    """Two venues with one share; ann sells at 100 and 101 on each, bob has bought one."""
    world = World(1)
    for venue in ("A", "B"):
        world.venue(venue)
        world.list(Stock("ACME"), venue=venue)
    for name in ("ann", "bob"):
        world.ledger.open_account(name)
        world.ledger.deposit(name, "USD", 10_000)
        world.ledger.deposit(name, "ACME", 100)
    submit = world.venues.submit
    for venue in ("A", "B"):
        for limit in (100, 101):
            submit("ann", Sell("ACME", 5, limit, venue=venue))
        submit("bob", Buy("ACME", 1, 100, venue=venue))
    world.check()
    return world


def test_money_that_no_event_tells_of_is_seen(world):
    world.ledger.accounts["bob"].writable_balance("USD").total += 1
    with pytest.raises(InvariantBroken, match="account bob holds"):
        world.check()


def test_a_reservation_that_no_order_of_any_venue_needs_is_seen(world):
    world.ledger.accounts["bob"].writable_balance("USD").reserved += 1
    with pytest.raises(InvariantBroken, match="X6: bob has 1 USD reserved, its orders need 0"):
        world.check()


@pytest.mark.parametrize("venue", ["A", "B"])
def test_a_level_with_another_sum_is_seen_on_every_venue(world, venue):
    world.venues.by_name[venue].listings["ACME"].book.asks.levels[-100].volume += 1
    with pytest.raises(InvariantBroken, match="X18"):
        world.check()


def forge(world: World, price: int, maker: int, taker: int) -> None:
    """A trade that never was, told and paid: only the order of the events can tell."""
    world.journal.record(Trade(0, 3, "ACME", price, 1, 1, maker, taker, "ann", "bob", 0, 0, "A"))
    world.ledger.entries = 3
    for name, side in (("ann", -1), ("bob", 1)):
        world.ledger.accounts[name].writable_balance("ACME").add(side)
        world.ledger.accounts[name].writable_balance("USD").add(-side * price)


def test_an_order_that_was_passed_over_is_seen_in_the_order_of_the_events(world):
    later = world.venues.submit("bob", Buy("ACME", 3, 99, venue="A"))
    forge(world, 99, world.venues.submit("ann", Sell("ACME", 5, 102, venue="A")).id, later.id)
    with pytest.raises(InvariantBroken, match=r"X2: trade 3: order 8 was served before \[1, 2\]"):
        world.check()


def test_a_trade_between_two_venues_is_seen(world):
    taker = world.venues.submit("bob", Buy("ACME", 3, 99, venue="B"))
    forge(world, 99, min(world.venues.by_name["A"].accounts["ann"].open), taker.id)
    with pytest.raises(InvariantBroken, match="X7: trade 3 of ACME on A is between orders of ACME on A and ACME on B"):
        world.check()
