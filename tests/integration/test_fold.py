"""The journal added up again gives the accounts of the exchange: at the end, and after each trade on the way."""

from __future__ import annotations

from random import Random

import pytest

from market_sim.core.data.fold import Fold, fold
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.simulation.options import Options
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.session import Session
from tests.reference.duel import Duel
from tests.reference.operations import Operations, setting


class Clock:
    now = 0


def owned(exchange: Exchange) -> dict[str, dict[str, int]]:
    """What the accounts of the exchange hold, without what is zero."""
    return {
        name: {asset: balance.total for asset, balance in account.balances.items() if balance.total}
        for name, account in exchange.accounts.items()
    }


def small_market() -> tuple[Exchange, Journal, Clock]:
    journal, clock = Journal(), Clock()
    exchange = Exchange(clock, journal)
    exchange.list(Stock("CORN", multiplier=50, quote="EUR"), FeeSchedule(maker=-100, taker=300))
    exchange.ledger.open_account("ann")
    exchange.ledger.open_account("ben")
    exchange.ledger.deposit("ann", "EUR", 100_000)
    exchange.ledger.deposit("ben", "CORN", 10)
    return exchange, journal, clock


def test_a_trade_moves_cash_times_the_multiplier_and_both_fees():
    exchange, journal, _ = small_market()
    exchange.submit("ben", Sell("CORN", 2, 100))
    exchange.submit("ann", Buy("CORN", 2, 100))
    # 2 * 100 * 50 = 10,000; the taker pays 3, the maker gets 1 back.
    assert fold(journal) == {
        "fees": {"EUR": 2},
        "ann": {"EUR": 100_000 - 10_000 - 3, "CORN": 2},
        "ben": {"EUR": 10_000 + 1, "CORN": 8},
    }


def test_what_became_zero_is_left_out():
    exchange, journal, _ = small_market()
    exchange.submit("ben", Sell("CORN", 10, 100))
    exchange.submit("ann", Buy("CORN", 10, 100))
    assert "CORN" not in fold(journal)["ben"]


def test_the_balances_of_the_past_can_be_asked_for():
    exchange, journal, clock = small_market()
    states = [owned(exchange)]
    exchange.submit("ben", Sell("CORN", 10, 100))
    for moment in (10, 20, 30):
        clock.now = moment
        exchange.submit("ann", Buy("CORN", 1, 100))
        states.append(owned(exchange))
    assert [fold(journal, trade=number) for number in range(4)] == states
    assert [fold(journal, until=moment) for moment in (0, 10, 29, 30)] == [states[0], states[1], states[2], states[3]]
    assert fold(journal, trade=99) == fold(journal) == states[3]
    assert fold(journal, until=-1) == {}


def test_a_deposit_after_the_trade_is_there_before_the_next_one():
    exchange, journal, _ = small_market()
    exchange.submit("ben", Sell("CORN", 10, 100))
    exchange.submit("ann", Buy("CORN", 1, 100))
    exchange.ledger.deposit("ann", "EUR", 7)
    at_first = fold(journal, trade=1)
    exchange.submit("ann", Buy("CORN", 1, 100))
    assert fold(journal, trade=1) == at_first
    assert fold(journal, trade=0) == fold(journal, until=-1) | {
        "fees": {}, "ann": {"EUR": 100_000}, "ben": {"CORN": 10}
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_accounts_are_the_journal_added_up(seed):
    chance = Random(seed)
    duel = Duel(setting(chance))
    source = Operations(chance, duel)
    running, seen = Fold(), 0
    for _ in range(1_500):
        duel.perform(source.next()[1])
        for event in duel.journal.since(seen):
            running.add(event)
        seen = len(duel.journal)
        assert running.balances == owned(duel.exchange)
    assert sum(1 for _ in duel.journal.of(Trade)) > 200


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_made_and_nothing_is_lost(seed):
    chance = Random(seed)
    duel = Duel(setting(chance))
    source = Operations(chance, duel)
    for _ in range(1_500):
        duel.perform(source.next()[1])
    brought: dict[str, int] = {}
    for event in duel.journal.of(Deposited):
        brought[event.asset] = brought.get(event.asset, 0) + event.amount
    held: dict[str, int] = {}
    for assets in fold(duel.journal).values():
        for asset, amount in assets.items():
            held[asset] = held.get(asset, 0) + amount
    assert held == brought


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_ends_with_the_accounts_that_its_journal_adds_up_to(scenario):
    options = Options(epochs=4, settlement="none")
    session = Session(scenario(), options)
    assert session.run().complete
    assert any(type(event) is Trade for event in session.journal)
    assert fold(session.journal) == owned(session.world.exchange)
