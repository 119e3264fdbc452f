"""The ledger: accounts for every venue, one count of entries and one of orders, and what must not be done to either."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError, InvariantBroken
from market_sim.core.models.derivatives import Future
from market_sim.core.models.instruments import Spot, Stock
from market_sim.core.models.intents import Buy, Sell, Withdraw
from market_sim.core.models.market_events import AccountOpened, InstrumentListed, Trade, Transferred
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.order import Order
from market_sim.market.ledger.ledger import Ledger
from market_sim.simulation.engine.clock import Clock


class House:
    """A ledger, two venues on it, ann and bob."""

    def __init__(self) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.ledger = Ledger(self.clock, self.journal)
        self.one, self.two = (Exchange(self.clock, self.journal, ledger=self.ledger, name=name) for name in ("1", "2"))
        for name in ("ann", "bob"):
            self.ledger.open_account(name)
            self.ledger.deposit(name, "USD", 1_000)
            self.ledger.deposit(name, "ACME", 10)


@pytest.fixture
def house() -> House:
    return House()


def test_an_account_is_a_member_of_every_venue_whichever_came_first(house):
    house.one.list(Stock("ACME"))
    house.ledger.open_account("cid")
    late = Exchange(house.clock, house.journal, ledger=house.ledger, name="3")
    names = ["fees", "ann", "bob", "cid"]
    assert [[*venue.accounts] for venue in (house.one, house.two, late)] == [names, names, names]
    assert [event.number for event in house.journal.of(AccountOpened)] == [1, 2, 3, 4]


def test_what_an_order_holds_back_on_one_venue_is_not_there_on_the_other(house):
    for venue in (house.one, house.two):
        venue.list(Stock("ACME"))
    assert isinstance(house.one.submit("ann", Buy("ACME", 6, 100)), Order)
    assert house.two.submit("ann", Buy("ACME", 5, 100)).reason == "INSUFFICIENT_CASH"
    assert isinstance(house.two.submit("ann", Buy("ACME", 4, 100)), Order)
    assert house.ledger.accounts["ann"].balance("USD").available == 0
    assert [*house.one.accounts["ann"].open], [*house.two.accounts["ann"].open] == ([1], [2])


def test_orders_and_entries_of_all_venues_have_one_count_each(house):
    for venue in (house.one, house.two):
        venue.list(Stock("ACME"))
    for number, venue in enumerate((house.one, house.two, house.one)):
        assert venue.submit("ann", Sell("ACME", 1, 100)).id == 2 * number + 1
        assert venue.submit("bob", Buy("ACME", 1, 100)).id == 2 * number + 2
        house.ledger.transfer("ann", "bob", "USD", 1, "GIFT", "")
    entries = [event.trade for event in house.journal.since(0) if isinstance(event, (Trade, Transferred))]
    assert entries == [1, 2, 3, 4, 5, 6]
    assert house.ledger.entries == 6


def test_a_symbol_stands_for_one_asset_on_every_venue(house):
    house.one.list(Stock("ACME"))
    with pytest.raises(InputError, match="ACME is listed with other terms on another venue"):
        house.two.list(Stock("ACME", tick=5))
    assert not house.two.listings


@pytest.mark.parametrize(
    ("listed", "found", "said"),
    [
        (Stock("ACME"), Stock("MILL", quote="ACME"), "MILL is quoted in ACME, which is a listed instrument"),
        (Stock("MILL", quote="ACME"), Stock("ACME"), "ACME is the currency of MILL: an instrument needs a symbol"),
    ],
)
def test_a_name_is_not_a_currency_and_an_instrument_because_it_is_one_token(house, listed, found, said):
    house.one.list(listed)
    for venue in (house.one, house.two):
        with pytest.raises(InputError, match=said):
            venue.list(found)
    assert [event.symbol for event in house.journal.of(InstrumentListed)] == [listed.symbol]


def test_a_currency_has_one_smallest_unit(house):
    """A price times a quantity is cash, so their decimals add up to those of the currency, whatever is traded."""
    house.one.list(Stock("ACME"))
    house.two.list(Spot("BTC", price_decimals=0, quantity_decimals=2))
    house.two.list(Spot("ETH", quote="USDC", price_decimals=2, quantity_decimals=4))
    with pytest.raises(InputError, match=r"SOL counts USD in units of 4 decimals .* and ACME in units of 2"):
        house.one.list(Spot("SOL", quantity_decimals=2))


def test_a_promise_between_accounts_is_listed_on_one_venue_only(house):
    future = Future("FUT", underlying="ACME", expiry=1_000)
    house.one.list(future)
    with pytest.raises(InputError, match="FUT is a promise between accounts"):
        house.two.list(future)


def test_margin_is_given_by_the_venue_whose_gate_knows_what_may_be_owed(house):
    for venue in (house.one, house.two):
        venue.list(Stock("ACME"))
    house.ledger.grant_margin("ann", "1")
    assert isinstance(house.one.submit("ann", Buy("ACME", 50, 100)), Order)
    assert house.two.submit("ann", Buy("ACME", 50, 100)).reason == "INSUFFICIENT_CASH"
    assert house.ledger.accounts["ann"].on_margin
    house.ledger.end_margin("ann", "1")
    assert not house.ledger.accounts["ann"].on_margin
    assert house.one.submit("ann", Buy("ACME", 50, 100)).reason == "INSUFFICIENT_CASH"


@pytest.mark.parametrize("amount", [0, -1, True, 1.0, "1"])
def test_only_a_positive_whole_number_is_moved(house, amount):
    with pytest.raises(InvariantBroken, match="a transfer moves a positive whole number"):
        house.ledger.transfer("ann", "bob", "USD", amount, "GIFT", "")
    with pytest.raises(InputError, match="a deposit is a positive whole number"):
        house.ledger.deposit("ann", "USD", amount)
    assert house.ledger.entries == 0


def test_a_transfer_takes_what_is_there_except_of_promises(house):
    """The chain executes entries in their order and would refuse one that makes a balance negative."""
    house.one.list(Stock("ACME"))
    house.one.list(Future("FUT", underlying="ACME", expiry=1_000))
    for asset, amount, held in (("USD", 1_001, 1_000), ("ACME", 11, 10)):
        with pytest.raises(InvariantBroken, match=f"ann holds {held} {asset}, and TAX of ACME takes {amount} from it"):
            house.ledger.transfer("ann", "bob", asset, amount, "TAX", "ACME")
    assert house.ledger.entries == 0 and not list(house.journal.of(Transferred))
    house.ledger.transfer("ann", "bob", "USD", 1_000, "TAX", "ACME")
    house.ledger.transfer("ann", "bob", "FUT", 3, "ASSIGNED", "FUT")
    balances = house.ledger.accounts["ann"].balances
    assert (balances["USD"].total, balances["FUT"].total) == (0, -3)


def test_a_name_is_given_once(house):
    with pytest.raises(InputError, match="there is already an account named 'ann'"):
        house.ledger.open_account("ann")


def test_what_stands_behind_a_debt_or_is_no_token_cannot_be_withdrawn(house):
    house.one.list(Stock("ACME"))
    house.one.list(Future("FUT", underlying="ACME", expiry=1_000))
    assert house.one.submit("bob", Withdraw("FUT", 1)).reason == "NOTHING_TO_DELIVER"
    house.ledger.grant_margin("bob", "1")
    assert house.one.submit("bob", Withdraw("USD", 1)).reason == "HELD_AS_MARGIN"
    assert house.two.submit("bob", Withdraw("USD", 1)).reason == "HELD_AS_MARGIN"  # whichever door it is asked at
