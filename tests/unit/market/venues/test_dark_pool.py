"""The dark pool shows nothing, and trades at the midpoint of the lit venues at once; an ECN has a gate."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Cancel, CancelAll, Sell
from market_sim.core.models.market_events import OrderRejected, Trade
from market_sim.core.money import dollars
from market_sim.market.venues.terms import Outage, VenueTerms
from market_sim.simulation.engine.world import World

LIT, ECN, POOL = "SIM-LIT", "SIM-ECN", "SIM-POOL"
NAMES = ("ann", "bob", "cat", "dan")


def opened(*kinds: tuple[str, str]) -> World:
    world = World(1)
    for name, kind in kinds:
        world.venue(VenueTerms(name, kind, maker_bps=0.1, taker_bps=0.1))
        world.list(Stock("ACME"), venue=name)
    for name in NAMES:
        world.ledger.open_account(name)
        world.ledger.deposit(name, "USD", dollars(10_000))
        world.ledger.deposit(name, "ACME", 1_000)
    world.venues.follow_midpoints()
    return world


@pytest.fixture
def world() -> World:
    return opened((LIT, "exchange"), (ECN, "ECN"), (POOL, "dark pool"))


def test_two_orders_meet_at_the_midpoint_of_the_best_quotes_of_all_lit_venues(world):
    submit = world.venues.submit
    submit("ann", Buy("ACME", 5, 100, venue=LIT))
    submit("ann", Sell("ACME", 5, 110, venue=LIT))
    submit("ann", Sell("ACME", 5, 104, venue=ECN))
    submit("bob", Buy("ACME", 7, 120, venue=POOL))
    assert world.venues.by_name[POOL].listings["ACME"].book.depth() == ([], [])
    submit("cat", Sell("ACME", 3, 90, venue=POOL))
    assert [(trade.venue, trade.price, trade.quantity) for trade in world.journal.of(Trade)] == [(POOL, 102, 3)]
    world.check()


def test_nothing_trades_between_two_ticks_until_the_quotes_move_and_then_at_once(world):
    submit = world.venues.submit
    submit("ann", Buy("ACME", 5, 100, venue=LIT))
    best = submit("ann", Sell("ACME", 5, 103, venue=LIT))
    submit("bob", Buy("ACME", 7, 120, venue=POOL))
    submit("cat", Sell("ACME", 3, 90, venue=POOL))
    assert not [*world.journal.of(Trade)]
    submit("ann", Sell("ACME", 1, 104, venue=LIT))
    submit("ann", Cancel(best.id))
    assert [(trade.venue, trade.price) for trade in world.journal.of(Trade)] == [(POOL, 102)]


def test_an_order_does_not_follow_the_midpoint_beyond_its_limit(world):
    submit = world.venues.submit
    submit("ann", Buy("ACME", 5, 100, venue=LIT))
    submit("ann", Sell("ACME", 5, 110, venue=LIT))
    submit("bob", Buy("ACME", 7, 104, venue=POOL))
    submit("cat", Sell("ACME", 3, 90, venue=POOL))
    assert not [*world.journal.of(Trade)]


def test_the_pool_takes_only_orders_that_wait_with_a_limit_and_an_ecn_only_orders_with_a_limit(world):
    submit = world.venues.submit
    submit("ann", Sell("ACME", 5, 110, venue=ECN))
    for intent in (Buy("ACME", 1, venue=POOL), Buy("ACME", 1, 100, "ioc", venue=POOL)):
        assert submit("bob", intent).reason == "BAD_CONDITIONS"
        assert world.venues.check("bob", intent).reason == "BAD_CONDITIONS"
    assert submit("bob", Buy("ACME", 1, venue=ECN)).reason == "LIMIT_NEEDED"
    assert submit("bob", Buy("ACME", 1, 110, venue=ECN)).status == "filled"


def test_a_venue_in_an_outage_refuses_everything_and_nobody_trades_at_its_quotes(world):
    submit, gateway = world.venues.submit, world.venues.gateways[LIT]
    order = submit("ann", Buy("ACME", 5, 100, venue=LIT))
    submit("ann", Buy("ACME", 5, 80, venue=ECN))
    submit("ann", Sell("ACME", 5, 110, venue=ECN))
    gateway.fail_until(50)
    assert submit("bob", Sell("ACME", 1, 100, venue=LIT)).reason == "VENUE_DOWN"
    assert submit("ann", Cancel(order.id)).reason == "VENUE_DOWN"
    assert world.venues.check("bob", Sell("ACME", 1, 100, venue=LIT)).reason == "VENUE_DOWN"
    assert world.venues.best_shown("ACME") == (80, 110)
    assert {one.intent.venue for one in submit("ann", CancelAll())} == {ECN}
    assert order.status == "open"
    world.clock.now = 50
    gateway.answer_again()
    assert submit("ann", Cancel(order.id)).status == "cancelled"
    assert {event.reason for event in world.journal.of(OrderRejected)} == {"VENUE_DOWN"}


def test_an_outage_is_planned_for_a_venue_with_terms(world):
    world.at(epoch=2, outage=Outage(LIT, 1))
    with pytest.raises(InputError, match="venues with terms are SIM-LIT, SIM-ECN, SIM-POOL"):
        world.at(epoch=2, outage=Outage("SIM-NONE", 1))


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_ordered_every_trade_in_the_pool_is_at_the_midpoint_and_nothing_is_lost(seed):
    """The midpoint is taken from the books themselves, just before the message that lets the pool trade."""
    draw, world = Random(seed), opened((LIT, "exchange"), (ECN, "ECN"), (POOL, "dark pool"))
    venues, journal = world.venues, world.journal
    dark = 0
    for _ in range(250):
        world.clock.now += 1
        name, venue = draw.choice(NAMES), draw.choice((LIT, ECN, POOL, POOL))
        before = len(journal)
        if draw.random() < 0.15:
            venues.submit(name, CancelAll(venue=venue))
        else:
            order, near = draw.choice(((Buy, 99), (Sell, 101)))
            venues.submit(name, order("ACME", draw.randint(1, 9), near + draw.randint(-4, 4), venue=venue))
        for trade in journal.since(before):
            if isinstance(trade, Trade) and trade.venue == POOL:
                books = [venues.by_name[one].listings["ACME"].book for one in (LIT, ECN)]
                bids = [book.best_bid for book in books if book.best_bid is not None]
                asks = [book.best_ask for book in books if book.best_ask is not None]
                assert 2 * trade.price == max(bids) + min(asks)
                dark += 1
    world.check()
    assert dark > 0
    for asset, brought in (("USD", dollars(40_000)), ("ACME", 4_000)):
        assert sum(account.balance(asset).total for account in world.ledger.accounts.values()) == brought
