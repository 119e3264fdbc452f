"""Dividends and splits are no gains from trading: each gain is worked out another way, from the flows of its trades."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cache

import pytest

from market_sim.analysis.gains import Gain, gains
from market_sim.analysis.results.performance import performances
from market_sim.analysis.results.untraded import Untraded
from market_sim.analysis.three_clocks import marks_in, terms_in
from market_sim.core.data.fold import FEES
from market_sim.core.data.journal import Journal
from market_sim.core.models.instruments import Stock
from market_sim.core.models.intents import Buy, Sell
from market_sim.core.models.market_events import Deposited, Trade, Transferred
from market_sim.core.models.mechanism_events import CorporateActionTaken
from market_sim.core.models.run_events import ValueMoved
from market_sim.market.exchange.exchange import Exchange
from market_sim.market.exchange.fees import FeeSchedule
from market_sim.simulation.engine.clock import Clock
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario


class Company:
    """Co has 1,000 shares of its own, Ann 10 shares and Ben 100.00; a share is worth 10.00."""

    def __init__(self) -> None:
        self.clock, self.journal = Clock(), Journal()
        self.exchange = Exchange(self.clock, self.journal)
        self.exchange.list(Stock("CO"), FeeSchedule(maker=0, taker=0))
        for name, asset, amount in (
            ("co", "CO", 1_000),
            ("co", "USD", 9_000),
            ("ann", "CO", 10),
            ("ben", "USD", 10_000),
        ):
            if name not in self.exchange.accounts:
                self.exchange.ledger.open_account(name)
            self.exchange.ledger.deposit(name, asset, amount)
        self.journal.record(ValueMoved(0, "CO", 1_000))

    def trade(self, seller: str, buyer: str, quantity: int, price: int) -> None:
        self.exchange.submit(seller, Sell("CO", quantity, price))
        self.exchange.submit(buyer, Buy("CO", quantity, price))

    def split(self, ratio: int, value: int, **given: int) -> None:
        for name, shares in given.items():
            self.exchange.ledger.transfer("co", name, "CO", shares, "SPLIT", "CO")
        self.journal.record(CorporateActionTaken(self.clock.now, "CO", "split", ratio, sum(given.values())))
        self.journal.record(ValueMoved(self.clock.now, "CO", value))

    def of(self, account: str) -> Gain:
        return next(row for row in gains(self.journal) if row.account == account)


def test_a_split_is_no_gain_of_any_kind_for_who_keeps_its_shares():
    company = Company()
    company.split(2, 500, ann=10)
    for name in ("ann", "co"):
        row = company.of(name)
        assert (row.from_trading, row.dividends) == (0, 0)
    ann = company.of("ann")
    assert (ann.holdings, ann.gain, ann.from_prices) == ({"CO": 20}, 0, 0)


def test_a_reverse_split_leaves_as_many_shares_of_what_was_brought_in_as_of_what_is_held():
    company = Company()
    company.exchange.ledger.transfer("ann", "co", "CO", 5, "SPLIT", "CO")
    company.journal.record(CorporateActionTaken(0, "CO", "reverse split", 2, 10))
    company.journal.record(ValueMoved(0, "CO", 2_000))
    ann, co = company.of("ann"), company.of("co")
    assert (ann.holdings, ann.gain, ann.from_prices, ann.from_trading, co.from_trading) == ({"CO": 5}, 0, 0, 0, 0)


def test_shares_that_were_bought_before_a_split_gain_from_trading_what_the_price_gained():
    company = Company()
    company.trade("ann", "ben", 4, 1_000)
    company.split(2, 500, ann=6, ben=4)
    company.journal.record(ValueMoved(1, "CO", 600))
    ann, ben = company.of("ann"), company.of("ben")
    # Ben paid 40.00 for what are 8 shares at 6.00 now; Ann's 6 of 10 became 12 of 20, and she misses those 8.
    assert (ben.from_trading, ben.from_prices) == (800, 0)
    assert (ann.from_trading, ann.from_prices) == (-800, 2_000)
    assert company.of("co").from_trading == 0


def test_a_dividend_is_told_apart_on_both_sides():
    company = Company()
    company.exchange.ledger.transfer("co", "ann", "USD", 700, "DIVIDEND", "CO")
    company.exchange.ledger.transfer("ben", "ann", "USD", 50, "MANUFACTURED_DIVIDEND", "CO")
    rows = {name: (company.of(name).dividends, company.of(name).from_trading) for name in ("ann", "ben", "co")}
    assert rows == {"ann": (750, 0), "ben": (-50, 0), "co": (-700, 0)}


def test_a_split_that_is_not_final_has_not_happened_by_the_clock_of_the_final():
    company = Company()
    company.exchange.ledger.transfer("ann", "ben", "CO", 2, "BORROWED", "CO")
    company.trade("ann", "ben", 4, 1_000)
    company.split(2, 500, ann=4, ben=6)
    by_the_trade = {row.account: row for row in gains(company.journal, last=2)}
    assert (by_the_trade["ann"].holdings, by_the_trade["ben"].holdings) == ({"CO": 6}, {"CO": 4})
    assert (by_the_trade["ann"].from_prices, by_the_trade["ann"].from_trading) == (-5_000, 4_000 - 4 * 500)


def test_a_position_costs_after_a_split_what_it_cost_before():
    company = Company()
    company.trade("ann", "ben", 4, 1_000)
    company.split(2, 500, ann=6, ben=4)
    company.trade("ben", "ann", 1, 501)
    company.trade("ben", "ann", 1, 499)
    [ben] = [one for one in performances(company.journal) if one.gain.account == "ben"]
    assert (ben.closed, ben.hits) == (2, 1)


@cache
def played(seed: int) -> Journal:
    return simulate(CorporateActionsScenario(), Options(epochs=12, seed=seed, settlement="none")).journal


def by_flows(journal: Journal) -> Counter[str]:
    """The gain of every account from its trades alone: what each moved, at the last mark and after all later splits."""
    terms, marks = terms_in(journal), marks_in(journal)
    grown = Fraction(1)
    found: Counter[str] = Counter()
    events = [*journal]
    for event in reversed(events):
        if isinstance(event, CorporateActionTaken):
            grown *= Fraction(*event.ratio)
        elif isinstance(event, Trade):
            unit = terms[event.symbol].multiplier
            later = grown if event.symbol == "ACME" else 1
            gain = event.side * event.quantity * unit * (int(later * marks[event.symbol]) - event.price)
            found[event.taker] += gain - event.taker_fee
            found[event.maker] -= gain + event.maker_fee
            found[FEES] += event.taker_fee + event.maker_fee
    return found


@pytest.mark.parametrize("seed", [7, 8])
def test_the_gains_from_trading_are_those_of_the_flows_of_all_trades(seed: int):
    journal = played(seed)
    rows = {row.account: row for row in gains(journal)}
    flows = by_flows(journal)
    traders = {"bear", "maker", *(f"noise-{number}" for number in range(4))}
    assert {name: rows[name].from_trading for name in traders} == {name: flows[name] for name in traders}
    assert {rows[name].from_trading for name in ("company", "owner", "lender")} == {0}
    assert any(flows.values())


@pytest.mark.parametrize("seed", [7, 8])
def test_dividends_are_what_the_shares_of_each_moment_were_paid(seed: int):
    journal = played(seed)
    paid = Counter[str]()
    for event in journal.of(Transferred):
        if event.asset == "USD" and event.reason in ("DIVIDEND", "MANUFACTURED_DIVIDEND"):
            paid[event.target] += event.amount
            paid[event.source] -= event.amount
    rows = gains(journal)
    assert {row.account: row.dividends for row in rows if row.dividends} == dict(+paid) | {
        name: amount for name, amount in paid.items() if amount < 0
    }
    owner = next(row for row in rows if row.account == "owner")
    assert owner.dividends == 100 * 100 + 2 * 100 * 300, "1.00 on 100 shares, then 3.00 on 200"
    entitled = [(event.action, event.amount * event.entitled) for event in journal.of(CorporateActionTaken)]
    assert -paid["company"] == sum(amount for action, amount in entitled if action != "split")


def test_without_trades_the_untraded_accounts_are_the_accounts():
    journal = played(7)
    untraded = Untraded()
    for event in journal:
        untraded.read(event)
    rows = {row.account: row for row in gains(journal)}
    assert untraded.holdings["owner"] == rows["owner"].holdings
    brought = Counter[str]()
    for event in journal.of(Deposited):
        brought[event.asset] += event.amount
    kept = Counter[str]()
    for assets in untraded.holdings.values():
        kept.update(assets)
    assert kept == brought, "a split moves shares and makes none"
