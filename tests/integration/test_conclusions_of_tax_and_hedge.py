"""What a tax, a hedge and a company's actions conclude is true for other parameters: counted again in another way."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

import pytest

from market_sim.core.data.fold import fold
from market_sim.core.models.market_events import Deposited, Trade
from market_sim.core.models.mechanism_events import CorporateActionTaken, MarkedToMarket, SettlementPriceSet
from market_sim.core.models.run_events import ValueMoved
from market_sim.core.money import written
from market_sim.simulation.scenarios.corporate_actions import CorporateActionsScenario
from market_sim.simulation.scenarios.futures_day import HEDGED, OPEN, FuturesDay
from market_sim.simulation.scenarios.transaction_tax import TransactionTax
from tests.integration.test_conclusions import covered, played, told_payers
from tests.integration.test_conclusions_of_behaviour import said, value_at

TAXES = [
    (TransactionTax(), 12), (TransactionTax(tax_bps=0), 6), (TransactionTax(tax_bps=500, traders=1), 12),
    (TransactionTax(volatility_bps=0.0), 4), (TransactionTax(volatility_bps=100.0, traders=20), 2),
]  # fmt: skip
SEASONS = [
    (FuturesDay(), 12), (FuturesDay(hedged_percent=0), 12), (FuturesDay(hedged_percent=200), 12), (FuturesDay(), 1),
    (FuturesDay(harvest=10, volatility_bps=0.0), 3), (FuturesDay(harvest=999, volatility_bps=300.0), 12),
    (FuturesDay(expiry_day=2), 4), (FuturesDay(expiry_day=500), 3),
]  # fmt: skip


@pytest.mark.parametrize(("scenario", "epochs"), TAXES)
def test_a_tax_counts_turnover_revenue_and_how_far_prices_stray(scenario: TransactionTax, epochs: int) -> None:
    result = played(scenario, epochs)
    trades = {name: [trade for trade in result.journal.of(Trade) if trade.symbol == name] for name in ("FREE", "TAXED")}
    if not all(trades.values()):
        assert "nothing to compare" in result.conclusion
        return
    turnover = {name: sum(trade.price * trade.quantity for trade in found) for name, found in trades.items()}
    for name, amount in turnover.items():
        assert re.search(rf"{name} (was traded )?for {re.escape(written(amount))}", result.conclusion)
    # All fees end up in the account of the exchange.
    fees = fold(result.journal).get("fees", {}).get("USD", 0)
    assert sum(trade.taker_fee for trade in trades["TAXED"]) == fees
    assert f"The tax of {scenario.tax_bps} bps yielded {written(fees)};" in result.conclusion
    assert f"would have been {written(turnover['FREE'] * scenario.tax_bps // 10_000)}." in result.conclusion
    for name, found in trades.items():
        off = sum(abs(Fraction(t.price, value_at(result.journal, name, t.time)) - 1) for t in found) / len(found)
        told = re.search(rf"in {name} (?:was )?(\d+\.\d)", result.conclusion.partition("on average")[2])
        assert told is not None
        assert abs(float(told[1]) - 10_000 * off) < 0.06


def test_without_a_tax_its_claim_is_not_true() -> None:
    assert not TransactionTax(tax_bps=0).holds(played(TransactionTax(tax_bps=0), 6).journal)


@pytest.mark.parametrize(("scenario", "epochs"), SEASONS)
def test_a_hedge_says_what_each_farmer_has_at_the_last_settlement(scenario: FuturesDay, epochs: int) -> None:
    result = played(scenario, epochs)
    journal, told = result.journal, result.conclusion
    marks = [event for event in journal.of(MarkedToMarket) if event.symbol == "WHEAT-F"]
    if not marks:
        assert "before the future was marked" in told
        return
    # Neither farmer trades wheat, and only the future moves their cash.
    brought = sum(e.amount for e in journal.of(Deposited) if e.account == HEDGED and e.asset == "USD")
    accounts = fold(journal)
    assert accounts[HEDGED].get("WHEAT") == accounts[OPEN].get("WHEAT") == scenario.harvest
    paid = accounts[HEDGED]["USD"] - brought
    change = (marks[-1].price - value_at(journal, "WHEAT", 0)) * scenario.harvest
    assert f"{'paid' if paid < 0 else 'was paid'} {written(abs(paid))} in them" in told
    assert f"so with its harvest it {said(change + paid)}; the one who waited {said(change)}" in told
    assert re.search(rf"last of {len(marks)} daily settlements? ", told)
    ahead = 10 * sum(t.quantity for t in journal.of(Trade) if HEDGED in (t.taker, t.maker))
    assert f"sold {ahead:,} units ahead" in told
    assert told_payers(told) == covered(journal)
    if any(event.symbol == "WHEAT" for event in journal.of(SettlementPriceSet)):
        assert marks[-1].time == scenario.expiry_day * 10**9


def test_who_sold_nothing_ahead_is_not_hedged() -> None:
    scenario = FuturesDay(hedged_percent=0)
    assert not scenario.holds(played(scenario).journal)


def test_an_action_of_the_company_leaves_the_owner_as_rich_as_it_was() -> None:
    scenario = CorporateActionsScenario()
    journal = played(scenario).journal
    worths = scenario.worths(journal)
    actions = [event.time for event in journal.of(CorporateActionTaken)]
    assert len(worths) == len(actions) == 3
    # After the last action the owner has what its account says.
    owner = fold(journal)["owner"]
    values = {e.value for e in journal.of(ValueMoved) if e.symbol == "ACME" and 0 <= e.time - actions[-1] <= 10**8}
    assert worths[-1][1] in {owner["ACME"] * value + owner["USD"] for value in values}
    # Between the actions the worth changes only with the value; the split alone halves the price.
    assert all(abs(before - after) / after < 0.1 for (_, after), (before, _) in pairwise(worths))
    assert not CorporateActionsScenario(special=0).holds(played(CorporateActionsScenario(special=0)).journal)
