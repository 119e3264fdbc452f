"""Risk, waterfall and clocks are read from the journal and agree with what the mechanisms themselves know."""

from __future__ import annotations

from itertools import takewhile

import pytest

from market_sim.analysis.liquidation_waterfall import deficits, story, waterfall
from market_sim.analysis.risk_report import backtest, daily_equity, gains, stress, tail_risk
from market_sim.analysis.three_clocks import CLOCKS, equity_at, last_entry, marks_in, terms_in
from market_sim.core.data.fold import fold
from market_sim.core.errors import InputError
from market_sim.core.models.mechanism_events import DeficitCovered
from market_sim.market.mechanisms.liabilities import Liabilities
from market_sim.market.mechanisms.margin_status import Agreement
from market_sim.pricing.stress import FALL_10, FALL_20
from market_sim.simulation.options import Options
from market_sim.simulation.pipeline import prepared
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.margin_call import MarginCall
from tests.unit.market.mechanisms.brokerage import BTC, Market


@pytest.fixture(scope="module")
def cascade():
    return simulate(LiquidationCascade(), Options(epochs=12, settlement="memory")).journal


@pytest.fixture(scope="module")
def called():
    return simulate(MarginCall(), Options(epochs=8, settlement="memory")).journal


def test_the_clocks_stand_in_their_order_and_conserve_all_equity(called):
    numbers = [last_entry(called, clock) for clock in CLOCKS]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[0] > numbers[2] > 0
    marks = marks_in(called)
    for clock, last in zip(CLOCKS, numbers, strict=True):
        owned, owed = fold(called, trade=last), Liabilities()
        owed.read(takewhile(lambda event: getattr(event, "trade", 0) <= last, called))  # noqa: B023
        assets = sum(
            amount * (1 if asset == "USD" else marks[asset])
            for held in owned.values()
            for asset, amount in held.items()
        )
        # A loan is an asset of nobody's account: it is what all equity together lacks.
        assert sum(equity_at(called, clock, marks).values()) == assets - sum(owed.loans.values())
    worlds = {clock: equity_at(called, clock, marks) for clock in CLOCKS}
    assert worlds["matched"] != worlds["settled"]


def test_the_equity_from_the_journal_is_the_one_the_broker_sees():
    market = Market({"ann": Agreement(), "leo": Agreement(BTC)})
    market.fund("ann", 5_000_00)
    market.fund("leo", 1_000_00)
    market.buy("ann", 100, 100_00)
    market.sell("leo", 50, 100_00, "PERP")
    market.later(96_00)
    found = equity_at(market.journal, "matched", market.margin.calculator.marks)
    for name in ("ann", "leo", "mm"):
        assert found[name] == market.margin.calculator.equity(name)


def test_terms_are_those_of_the_listings(cascade):
    world = prepared(LiquidationCascade(), Options())
    for symbol, terms in terms_in(cascade).items():
        instrument = world.exchange.listings[symbol].instrument
        assert terms == (instrument.quote, instrument.multiplier, instrument.on_margin)


def test_the_waterfall_accounts_for_every_cent_of_every_deficit(cascade):
    rows = waterfall(cascade)
    assert {"orders", "slice", "fee", "insurance", "deleveraged"} <= {row.step for row in rows}
    told = sum(event.amount for event in cascade.of(DeficitCovered))
    assert sum(deficit.total for deficit in deficits(cascade)) == told > 0
    one = deficits(cascade)[-1]
    assert waterfall(cascade, one.account) == [row for row in rows if row.account == one.account]
    assert [row.time for row in rows] == sorted(row.time for row in rows)
    assert "accounts were liquidated" in story(rows)
    assert "winners gave up" in story(rows)
    assert story([]) == "No position was liquidated."


def test_shared_losses_and_the_brokers_are_told_apart():
    market = Market({"leo": Agreement(BTC), "ann": Agreement()}, liquidation_fee_bps=0)
    market.fund("leo", 1_000_00)
    market.fund("ann", 5_000_00)
    market.buy("leo", 100, 100_00, "PERP")
    market.buy("ann", 100, 100_00)
    market.bid(75_00, 10_000, "PERP")
    market.bid(40_00, 10_000)
    market.later(40_00)
    found = {deficit.account: deficit for deficit in deficits(market.journal)}
    assert (found["leo"].shared, found["leo"].broker) == (1_500_00, 0)
    assert (found["ann"].broker, found["ann"].shared) == (1_000_00, 0)


def test_tails_are_losses_and_grow_with_confidence(called):
    series = daily_equity(called)
    assert len(series["ann"]) == 9
    risk = tail_risk("ann", series["ann"], 0.9)
    assert risk.historical_shortfall >= risk.historical_var == -min(gains(series["ann"]))
    assert tail_risk("ann", series["ann"], 0.99).normal_var > risk.normal_var
    with pytest.raises(InputError, match="daily gains"):
        tail_risk("ann", series["ann"][:2])


def test_a_backtest_counts_days_that_lost_more_than_was_forecast():
    series = [0]
    for day in range(60):
        series.append(series[-1] + (-100 if day in (30, 55) else 1 - 2 * (day % 2)))
    found = backtest("ann", series, 0.95, window=20)
    assert (found.forecasts, found.breaches) == (40, 2)
    assert not found.test.rejected
    with pytest.raises(InputError, match="window"):
        backtest("ann", series[:20])


def test_stress_takes_what_the_holding_loses():
    market = Market({"ann": Agreement(), "sid": Agreement()})
    market.fund("ann", 5_000_00)
    market.fund("sid", 5_000_00)
    market.buy("ann", 100, 100_00)
    market.sell("sid", 50, 100_00)
    rows = {
        (row.account, row.shock): row for row in stress(market.journal, (FALL_10, FALL_20), accounts=("ann", "sid"))
    }
    assert rows["ann", FALL_10.name][2:4] == (1_000_00, 4_000_00)
    assert rows["sid", FALL_20.name][2:4] == (-1_000_00, 6_000_00)
    assert len(rows) == 4
