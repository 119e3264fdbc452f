"""Several venues in one world: two books, one account for both, one count, one settlement."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.errors import InputError
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Amend, Buy, Cancel, CancelAll, Sell
from market_sim.core.models.market_events import BookOpened, InstrumentListed, OrderRejected, Trade
from market_sim.core.money import dollars
from market_sim.market.exchange.fees import FeeSchedule, bps
from market_sim.market.exchange.invariants import check
from market_sim.market.exchange.order import Order
from market_sim.simulation.engine.world import World
from tests.unit.market.exchange.marketplace import NAMES


def two_venues() -> World:
    """ACME on SIM-A and SIM-B, BOLT on SIM-B only; everybody is rich."""
    world = World(1)
    world.venue("SIM-A")
    world.venue("SIM-B", {"stock": FeeSchedule(maker=bps(1), taker=bps(3))})
    for symbol, venue in (("ACME", ""), ("ACME", "SIM-B"), ("BOLT", "SIM-B")):
        world.list(Stock(symbol), venue=venue)
    for name in NAMES:
        world.ledger.open_account(name)
        world.ledger.deposit(name, "USD", dollars(10_000))
        for symbol in ("ACME", "BOLT"):
            world.ledger.deposit(name, symbol, 1_000)
    return world


@pytest.fixture
def world() -> World:
    return two_venues()


def test_one_symbol_has_a_book_on_each_venue_and_one_listing_in_the_journal(world):
    submit = world.venues.submit
    submit("ann", Sell("ACME", 5, 100, venue="SIM-B"))
    answer = submit("bob", Buy("ACME", 5, 100, venue="SIM-A"))
    assert answer.status == "open"  # the seller waits on the other venue
    books = [world.venues.by_name[name].listings["ACME"].book for name in ("SIM-A", "SIM-B")]
    assert [(book.best_bid, book.best_ask) for book in books] == [(100, None), (None, 100)]
    assert [event.symbol for event in world.journal.of(InstrumentListed)] == ["ACME", "BOLT"]
    places = [(event.symbol, event.venue) for event in world.journal.of(BookOpened)]
    assert places == [("ACME", "SIM-A"), ("ACME", "SIM-B"), ("BOLT", "SIM-B")]


def test_an_order_that_names_no_venue_is_for_the_first_that_lists_its_instrument(world):
    submit = world.venues.submit
    assert submit("ann", Sell("ACME", 5, 100)).intent.venue == "SIM-A"
    assert submit("ann", Sell("BOLT", 5, 100)).intent.venue == "SIM-B"
    assert submit("ann", Sell("NONE", 5, 100)).reason == "UNKNOWN_INSTRUMENT"


@pytest.mark.parametrize("venue", ["SIM-C", "sim-a", 7, 0, None, [], ["SIM-A"]])
def test_a_venue_that_there_is_not_is_named_in_the_refusal(world, venue):
    refusal = world.venues.submit("ann", Buy("ACME", 1, 100, venue=venue))
    assert (refusal.reason, refusal.numbers["venues"]) == ("UNKNOWN_VENUE", "SIM-A, SIM-B")
    assert world.venues.submit("ann", CancelAll(venue=venue)).reason == "UNKNOWN_VENUE"
    assert [event.reason for event in world.journal.of(OrderRejected)] == ["UNKNOWN_VENUE"] * 2


def test_where_there_is_one_venue_the_door_is_its_own():
    world = World(1)
    world.list(Stock("ACME"))
    world.ledger.open_account("ann")
    assert world.venues.submit == world.exchange.submit
    assert world.venues.submit("ann", Buy("ACME", 1, 100, venue="SIM-A")).reason == "UNKNOWN_VENUE"


def test_cancel_and_amend_find_the_venue_by_the_number_of_the_order(world):
    submit = world.venues.submit
    orders = [submit("ann", Sell("ACME", 5, 100, venue=venue)) for venue in ("SIM-A", "SIM-B", "SIM-B")]
    assert [order.id for order in orders] == [1, 2, 3]
    assert submit("ann", Amend(2, quantity=3)).remaining == 3
    assert submit("ann", Cancel(3)).status == "cancelled"
    assert submit("bob", Cancel(2)).reason == "NOT_YOUR_ORDER"
    assert submit("bob", Cancel(9)).reason == "UNKNOWN_ORDER"
    for number in (True, "1", None, [1], 1.0):
        assert submit("ann", Cancel(number)).reason == "UNKNOWN_ORDER"
    assert submit(["ann"], Cancel(1)).reason == "UNKNOWN_ACCOUNT"


def test_all_orders_are_taken_back_on_every_venue_or_on_the_named_one(world):
    submit = world.venues.submit

    def place() -> list[int]:
        venues = ("SIM-A", "SIM-B", "SIM-B")
        return [
            submit("ann", Sell(s, 1, 100, venue=v)).id for s, v in zip(("ACME", "ACME", "BOLT"), venues, strict=True)
        ]

    for intent, taken in (
        (CancelAll(), (0, 1, 2)),
        (CancelAll("ACME"), (0, 1)),
        (CancelAll("BOLT"), (2,)),
        (CancelAll(venue="SIM-B"), (1, 2)),
        (CancelAll("ACME", "SIM-B"), (1,)),
    ):
        placed = place()
        assert [order.id for order in submit("ann", intent)] == [placed[index] for index in taken]
        submit("ann", CancelAll())
    assert submit("ann", CancelAll("NONE")).reason == "UNKNOWN_INSTRUMENT"
    assert submit("ann", CancelAll("BOLT", "SIM-A")).reason == "UNKNOWN_INSTRUMENT"


def test_a_client_id_is_a_name_on_one_venue(world):
    submit = world.venues.submit
    first = submit("ann", Buy("ACME", 1, 100, client_id="mine"))
    assert submit("ann", Buy("ACME", 1, 100, client_id="mine")) is first
    assert submit("ann", Buy("ACME", 1, 100, client_id="mine", venue="SIM-B")).id == 2


def test_each_venue_has_its_own_fees_and_an_event_says_where_it_was(world):
    submit = world.venues.submit
    for venue in ("SIM-A", "SIM-B"):
        submit("ann", Sell("ACME", 100, 100, venue=venue))
        submit("bob", Buy("ACME", 100, 100, venue=venue))
    trades = [(trade.venue, trade.maker_fee, trade.taker_fee) for trade in world.journal.of(Trade)]
    assert trades == [("SIM-A", 0, 0), ("SIM-B", 1, 3)]


def test_venues_have_names_of_their_own_and_are_there_before_anything_is_listed(world):
    with pytest.raises(InputError, match="there is already a venue named SIM-A"):
        world.venue("SIM-A")
    for name in ("", 7, "a\nb"):
        with pytest.raises(InputError, match="a venue needs a printable name"):
            world.venue(name)
    with pytest.raises(InputError, match="there is no venue SIM-C; the venues are SIM-A, SIM-B"):
        world.list(Stock("CAKE"), venue="SIM-C")
    unnamed = World(1)
    unnamed.list(Stock("ACME"))
    with pytest.raises(InputError, match="open the venue SIM-A before anything is listed"):
        unnamed.venue("SIM-A")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_ordered_where_nothing_is_made_or_lost_and_the_books_are_sound(seed):
    draw, world = Random(seed), two_venues()
    venues, submit = [*world.venues.by_name.values()], world.venues.submit
    before = {asset: _held(world, asset) for asset in ("USD", "ACME", "BOLT")}
    placed: list[int] = []
    for _ in range(300):
        world.clock.now += draw.choice((0, 1, 5))
        name, kind = draw.choice(NAMES), draw.random()
        if kind < 0.1 and placed:
            answer = submit(name, Cancel(draw.choice(placed)))
        elif kind < 0.2 and placed:
            answer = submit(name, Amend(draw.choice(placed), draw.randint(1, 30), draw.randint(95, 105)))
        elif kind < 0.22:
            answer = submit(name, CancelAll(draw.choice((None, "ACME")), draw.choice(("", "SIM-B"))))
        else:
            order, symbol, size = draw.choice((Buy, Sell)), draw.choice(("ACME", "BOLT")), draw.randint(1, 30)
            lives = draw.choice(("gtc", "gtc", "gtc", "ioc", "day"))
            limit = draw.randint(95, 105)
            terms = draw.choice(({}, {}, {"hidden": True}, {"peg": "mid"}, {"stop": draw.randint(95, 105)}))
            if terms and lives == "ioc":
                terms = {}
            venue = draw.choice(("", "SIM-A", "SIM-B"))
            answer = submit(name, order(symbol, size, limit, lives, None, venue, **terms))
        if isinstance(answer, Order):
            placed.append(answer.id)
    assert {asset: _held(world, asset) for asset in before} == before
    world.check()
    _reservations_are_those_of_both_venues(world)
    assert check(*venues) == []
    trades = [*world.journal.of(Trade)]
    assert [trade.trade for trade in trades] == [*range(1, len(trades) + 1)]
    assert {trade.venue for trade in trades} == {"SIM-A", "SIM-B"}


def _held(world: World, asset: str) -> int:
    return sum(account.balance(asset).total for account in world.ledger.accounts.values())


def _reservations_are_those_of_both_venues(world: World) -> None:
    """Once every order is taken back, nothing is held back any more."""
    for name in NAMES:
        world.venues.submit(name, CancelAll())
    for account in world.ledger.accounts.values():
        assert {asset: balance.reserved for asset, balance in account.balances.items() if balance.reserved} == {}
