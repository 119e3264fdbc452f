"""The scenario of cases that accuse nobody: unusual volume counted again from the trades, and calm markets."""

from __future__ import annotations

from collections import Counter

import pytest

from market_sim.analysis.alerts import ListedAlert, alerts
from market_sim.core.models.market_events import PhaseChanged, Trade
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.unusual_market import BEGINS, UnusualMarket

SECOND = 10**9


def played(**terms):
    return simulate(UnusualMarket(**terms), Options(settlement="none", independent=False))


@pytest.fixture(scope="module")
def run():
    return played()


def of(journal, code: str) -> list[ListedAlert]:
    return [one for one in alerts(journal) if one.code == code]


def test_the_case_of_volume_is_opened_by_the_trade_that_makes_ten_times_the_mean(run):
    trades = [*run.journal.of(Trade)]
    whole = Counter()
    for trade in trades:
        whole[trade.time // SECOND] += trade.quantity
    present, found = Counter(), None
    for trade in trades:
        second = trade.time // SECOND
        present[second] += trade.quantity
        before = sum(whole[earlier] for earlier in range(second - 20, second))
        if second >= trades[0].time // SECOND + 20 and present[second] * 20 >= 10 * before:
            found = trade, before
            break
    assert found is not None
    trade, before = found
    (case,) = of(run.journal, "VOLUME_SPIKE")
    second = trade.time // SECOND
    assert (case.time, case.trades[-1], case.accounts) == (trade.time, trade.trade, ())
    assert case.sentence.startswith(f"{present[second]:,} traded in 1 s, 10 times the mean of the 20 periods before")
    assert case.sentence.endswith(f"in which {before:,} traded")
    assert [*case.trades] == [one.trade for one in trades if one.time // SECOND == second and one.trade <= trade.trade]
    assert second == BEGINS
    assert case.sentence in run.conclusion


def test_a_case_halts_nothing_and_accuses_nobody(run):
    assert UnusualMarket().holds(run.journal)
    assert "accused nobody" in run.conclusion
    assert not any(one.accuses for one in alerts(run.journal))
    assert not [*run.journal.of(PhaseChanged)]
    last = max(one.time for one in alerts(run.journal))
    assert any(trade.time > last for trade in run.journal.of(Trade))


def test_garch_opens_the_case_of_clustering(run):
    assert of(run.journal, "VOLATILITY_CLUSTERING")


@pytest.mark.thorough
def test_independent_steps_of_the_same_variance_and_no_investor_open_no_case():
    calm = played(clustered=False, burst=0)
    assert UnusualMarket(clustered=False, burst=0).holds(calm.journal)
    assert not UnusualMarket().holds(calm.journal)
    assert calm.conclusion == "Surveillance opened no case and accused nobody."
