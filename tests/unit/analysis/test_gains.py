"""What each account gained: from prices, from trading, with what is lent and pledged in the right hands."""

from __future__ import annotations

import pytest

from market_sim.analysis.gains import Gain, gains
from market_sim.analysis.three_clocks import equity_at
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import InstrumentListed, Transferred
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.scenario import Scenario


class Clock:
    now = 0


def market() -> tuple[Exchange, Journal]:
    """Ann has 1,000.00 in cash, Ben 10 shares that are worth 100.00 each."""
    journal = Journal()
    exchange = Exchange(Clock(), journal)
    exchange.list(Stock("ACME"), FeeSchedule(maker=0, taker=1_000))
    for name, asset, amount in (("ann", "USD", 100_000), ("ben", "ACME", 10)):
        exchange.ledger.open_account(name)
        exchange.ledger.deposit(name, asset, amount)
    journal.record(ValueMoved(0, "ACME", 10_000))
    return exchange, journal


def of(journal: Journal, account: str) -> Gain:
    return next(row for row in gains(journal) if row.account == account)


def test_whoever_does_nothing_gains_from_prices_alone():
    _, journal = market()
    journal.record(ValueMoved(1, "ACME", 10_500))
    ben = of(journal, "ben")
    assert (ben.brought, ben.worth, ben.gain) == (100_000, 105_000, 5_000)
    assert (ben.from_prices, ben.from_trading) == (5_000, 0)
    assert of(journal, "ann").gain == 0


def test_what_one_gains_from_trading_others_and_the_fees_lose():
    exchange, journal = market()
    exchange.submit("ben", Sell("ACME", 2, 11_000))
    exchange.submit("ann", Buy("ACME", 2, 11_000))
    ann, ben, fees = of(journal, "ann"), of(journal, "ben"), of(journal, "fees")
    assert (ann.cash, ann.holdings) == (100_000 - 22_000 - 22, {"ACME": 2})
    assert (ann.from_trading, ben.from_trading, fees.from_trading) == (-2_022, 2_000, 22)


def test_a_deposit_during_the_run_is_no_gain():
    exchange, journal = market()
    journal.record(ValueMoved(1, "ACME", 12_000))
    exchange.ledger.deposit("ann", "ACME", 1)
    exchange.ledger.deposit("ann", "USD", 500)
    ann = of(journal, "ann")
    assert (ann.brought, ann.worth, ann.gain) == (112_500, 112_500, 0)


def test_shares_that_are_lent_are_still_the_lenders_even_through_a_split():
    exchange, journal = market()
    exchange.ledger.transfer("ben", "ann", "ACME", 4, "BORROWED", "ACME")
    assert (of(journal, "ben").gain, of(journal, "ann").gain) == (0, 0)
    journal.record(CorporateActionTaken(1, "ACME", "split", 2, 10))
    journal.record(Transferred(1, 2, "fees", "ann", "ACME", 4, "SPLIT", "ACME"))
    journal.record(Transferred(1, 3, "fees", "ben", "ACME", 6, "SPLIT", "ACME"))
    assert of(journal, "ben").holdings == {"ACME": 20}
    journal.record(Transferred(1, 4, "ann", "ben", "ACME", 8, "RETURNED", "ACME"))
    assert of(journal, "ben").holdings == {"ACME": 20}
    assert of(journal, "ann").holdings == {}


def test_shares_that_are_lent_go_through_a_reverse_split_with_the_others():
    exchange, journal = market()
    exchange.ledger.transfer("ben", "ann", "ACME", 4, "BORROWED", "ACME")
    journal.record(CorporateActionTaken(1, "ACME", "reverse split", 2, 10))
    journal.record(Transferred(1, 2, "ann", "fees", "ACME", 2, "SPLIT", "ACME"))
    journal.record(Transferred(1, 3, "ben", "fees", "ACME", 3, "SPLIT", "ACME"))
    assert of(journal, "ben").holdings == {"ACME": 5}
    assert of(journal, "ann").holdings == {"ACME": 0}


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_in_every_scenario_the_gains_from_trading_sum_to_zero(kind: type[Scenario]):
    journal = simulate(kind(), Options(epochs=6, settlement="none")).journal
    rows = gains(journal)
    assert sum(row.from_trading for row in rows) == 0
    assert any(row.from_trading for row in rows)
    reasons = {event.reason for event in journal.of(Transferred)}
    if not reasons & {"LENT", "BORROWED", "PLEDGED"}:
        worth = equity_at(journal, "matched")
        assert all(row.worth == worth[row.account] for row in rows)
    assert {row.currency for row in rows} == {event.quote for event in journal.of(InstrumentListed)}
