"""The performance of accounts, worked out by hand and another way."""

from __future__ import annotations

from functools import cache
from math import sqrt
from statistics import fmean, pstdev

import pytest

from market_sim.analysis.gains import gains
from market_sim.analysis.results.inventory import inventories
from market_sim.analysis.results.performance import SAMPLE_NS, Performance, leaderboard, performances
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Trade
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.simulation.engine.clock import Clock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS


class Market:
    """Ann and Bob trade ACME, which is worth 1.00 at first; whoever takes pays one percent."""

    def __init__(self) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("ACME"), FeeSchedule(maker=0, taker=10_000))
        self.journal.record(ValueMoved(0, "ACME", 100))
        for name in ("ann", "bob"):
            self.exchange.ledger.open_account(name)
            self.exchange.ledger.deposit(name, "USD", 100_000)
        self.exchange.ledger.deposit("bob", "ACME", 100)

    def trade(self, buyer: str, seller: str, quantity: int, price: int) -> None:
        self.exchange.submit(seller, Sell("ACME", quantity, price))
        self.exchange.submit(buyer, Buy("ACME", quantity, price))

    def worth(self, time: int, value: int) -> None:
        self.clock.now = time
        self.journal.record(ValueMoved(time, "ACME", value))

    def of(self, account: str) -> Performance:
        return next(one for one in performances(self.journal) if one.gain.account == account)


def test_fees_and_turnover_are_those_of_the_trades():
    market = Market()
    market.trade("ann", "bob", 10, 100)
    market.trade("bob", "ann", 4, 110)
    ann, bob = market.of("ann"), market.of("bob")
    assert (ann.trades, ann.turnover, ann.fees) == (2, 1_440, 10)
    assert (bob.trades, bob.turnover, bob.fees) == (2, 1_440, 5)


def test_a_hit_is_a_trade_that_closes_above_the_average_cost_of_what_it_sells():
    market = Market()
    market.trade("ann", "bob", 10, 100)
    market.trade("ann", "bob", 10, 120)  # ann's average is 110 now
    market.trade("bob", "ann", 5, 111)
    market.trade("bob", "ann", 5, 109)
    ann = market.of("ann")
    assert (ann.closed, ann.hits, ann.hit_rate) == (2, 1, 0.5)
    assert ann.largest == {"ACME": 20}


def test_what_was_brought_in_costs_its_price_of_that_time():
    market = Market()
    market.trade("ann", "bob", 1, 101)
    market.trade("ann", "bob", 1, 99)
    assert (market.of("bob").closed, market.of("bob").hits) == (2, 1)
    assert market.of("ann").hit_rate is None


def test_the_curve_moves_by_what_was_traded_and_not_by_what_was_brought_in():
    market = Market()
    market.trade("ann", "bob", 10, 100)
    market.worth(SAMPLE_NS, 130)
    market.worth(2 * SAMPLE_NS, 90)
    market.worth(3 * SAMPLE_NS, 120)
    ann = market.of("ann")
    # The fee of 10 is paid before the first sample; then 10 shares are worth 0, +300, -100, +200 more.
    assert ann.drawdown == 400
    assert ann.sharpe == pytest.approx(fmean((300, -400, 300)) / pstdev((300, -400, 300)) * sqrt(10))
    assert market.of("bob").sharpe == pytest.approx(fmean((-300, 400, -300)) / pstdev((-300, 400, -300)) * sqrt(10))


def test_who_never_trades_has_no_ratio():
    market = Market()
    market.worth(SAMPLE_NS, 130)
    market.worth(2 * SAMPLE_NS, 90)
    bob = market.of("bob")
    assert (bob.sharpe, bob.hit_rate, bob.drawdown, bob.trades) == (None, None, 0, 0)


@cache
def played(kind) -> Journal:
    return simulate(kind(), Options(epochs=5, settlement="memory")).journal


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_in_every_scenario_the_board_adds_up(kind):
    journal = played(kind)
    rows = performances(journal)
    assert sorted((one.gain for one in rows), key=str) == sorted(gains(journal), key=str)
    for one in rows:
        assert one.at_clocks[0] == one.gain.from_trading
    for clock in range(3):
        assert sum(one.at_clocks[clock] for one in rows) == 0
    trades = list(journal.of(Trade))
    assert sum(one.trades for one in rows) == 2 * len(trades)
    assert sum(one.fees for one in rows) == sum(event.maker_fee + event.taker_fee for event in trades)
    board = leaderboard(rows)
    assert board.column("from_trading") == sorted(board.column("from_trading"), reverse=True)


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_every_inventory_ends_at_what_the_account_holds_and_the_board_names_its_farthest(kind):
    journal = played(kind)
    found = inventories(journal)
    ends = {key: holdings[-1].position for key, holdings in found.items() if holdings[-1].position}
    held = {(one.account, symbol): count for one in gains(journal) for symbol, count in one.holdings.items() if count}
    assert ends == held
    farthest = {
        (one.gain.account, symbol): most for one in performances(journal) for symbol, most in one.largest.items()
    }
    assert {key: abs(most) for key, most in farthest.items()} == {
        key: max(abs(one.position) for one in holdings)
        for key, holdings in found.items()
        if any(one.position for one in holdings)
    }
