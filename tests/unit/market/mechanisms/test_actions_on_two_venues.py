"""A share that is quoted on two venues is one share: its company's action takes effect on both."""

from __future__ import annotations

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.models.derivatives import Option, Warrant
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import OrderCancelled, Transferred
from market_sim.core.models.mechanism_events import DeficitCovered, TermsAdjusted
from market_sim.market.exchange.invariants import check
from market_sim.market.mechanisms.clearing_house import ClearingHouse
from market_sim.market.mechanisms.corporate_actions import CorporateAction, CorporateActions
from market_sim.market.mechanisms.marks import Marks
from market_sim.simulation.engine.clock import SECOND
from market_sim.simulation.engine.world import World
from market_sim.strategies.traditional.option_holder import Holder

ACT = SECOND
CALL = Option("CALL", underlying="ACME", strike=90_00, expiry=9 * SECOND, multiplier=10)
WARRANT = Warrant("W", underlying="ACME", issuer="company", strike=80_00, expiry=9 * SECOND)


def acted(*action: object, seller_cash: int = 0) -> World:
    """Ann buys from Bob and rests orders on both venues, then the company acts; the call is listed on the second."""
    world = World(seed=7)
    fast, slow = world.venue("fast"), world.venue("slow")
    for venue in ("fast", "slow"):
        world.list(Stock("ACME"), venue=venue)
        world.list(WARRANT, venue=venue)
    world.list(CALL, venue="slow")
    world.join("ann", Holder(), cash=100_000_00)
    world.join("bob", Holder(), holdings={"ACME": 101})
    world.join("company", Holder(), cash=seller_cash, holdings={"ACME": 10_000})
    house = ClearingHouse(1_000_00)
    world.attach(house)
    world.attach(CorporateActions(house, "ACME", "company", [CorporateAction(ACT, *action)], Marks(world.values)))
    world.start(SECOND)
    world.clock.run(until=ACT // 2)
    for venue, price in ((fast, 100_00), (slow, 100_20)):
        venue.submit("bob", Sell("ACME", 20, price, venue=venue.name))
        venue.submit("ann", Buy("ACME", 15, price, venue=venue.name))
        venue.submit("ann", Buy("ACME", 3, price - 50, venue=venue.name))
        venue.submit("ann", Buy("W", 1, 10_00, venue=venue.name))
    if seller_cash:  # its cash is reserved by an order on the venue that the mechanisms are not attached to
        slow.submit("company", Buy("ACME", seller_cash // 50_00, 50_00, venue="slow"))
    world.clock.run(until=2 * ACT)
    return world


@pytest.fixture(scope="module")
def split() -> World:
    return acted("split", 2)


def holdings(world: World, asset: str) -> dict[str, int]:
    return {name: world.ledger.accounts[name].balance(asset).total for name in ("ann", "bob", "company")}


def test_the_orders_for_the_share_end_on_both_and_reserve_nothing_more(split):
    venues = [*split.venues.by_name.values()]
    ended = [event.quantity for event in split.journal.of(OrderCancelled) if event.reason == "TERMS_CHANGED"]
    assert sorted(ended) == [3, 3, 5, 5]
    assert [venue.listings["ACME"].book.depth(9) for venue in venues] == [([], []), ([], [])]
    assert split.ledger.accounts["bob"].balance("ACME").reserved == 0
    assert all(venue.listings["W"].book.best_bid == 10_00 for venue in venues), "orders for the warrant stay"


def test_the_last_price_of_both_is_the_one_after_the_split(split):
    assert {venue.listings["ACME"].last for venue in split.venues.by_name.values()} == {49_88}, "half of the mark"


def test_each_holder_gets_the_new_shares_once_wherever_it_bought_the_old_ones(split):
    assert holdings(split, "ACME") == {"ann": 60, "bob": 142, "company": 10_000 - 101}
    assert len([event for event in split.journal.of(Transferred) if event.reason == "SPLIT"]) == 2


def test_all_that_is_written_on_the_share_is_adjusted_once_on_every_venue_that_lists_it(split):
    fast, slow = split.venues.by_name.values()
    assert [event.symbol for event in split.journal.of(TermsAdjusted)] == ["W", "CALL"]
    for terms in (
        fast.listings["W"].instrument, slow.listings["W"].instrument, fast.instruments["W"], slow.instruments["W"],
        split.ledger.assets["W"], slow.listings["CALL"].instrument,
    ):  # fmt: skip
        assert (terms.unit.shares, terms.unit.parts) == (2, 1)


def test_nothing_is_made_or_lost_and_the_accounts_are_the_journal_added_up(split):
    split.check()
    assert check(*split.venues.by_name.values()) == []
    folded = fold(split.journal)
    for name, account in split.ledger.accounts.items():
        assert {asset: held.total for asset, held in account.balances.items() if held.total} == folded[name]
    assert sum(holdings(split, "ACME").values()) == 10_101


def test_a_dividend_is_paid_once_out_of_cash_that_an_order_on_the_other_venue_reserves():
    world = acted("dividend", 1_00, seller_cash=500_00)
    paid = {event.target: event.amount for event in world.journal.of(Transferred) if event.reason == "DIVIDEND"}
    assert paid == {"ann": 30_00, "bob": 71_00}
    assert not [*world.journal.of(DeficitCovered)], "the company can pay"
    assert holdings(world, "USD")["company"] == 399_00
    world.check()
