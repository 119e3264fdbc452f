"""Surveillance of whole runs: online equals batch, planted misconduct is found, and the honest are not accused."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.watch import Watch, alerts_of
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.spoofer import SpooferScenario, accused
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.scenarios.wash_trader import WashTrader

SEEDS = (1, 2)


def journal(scenario: Scenario, seed: int) -> Journal:
    return simulate(scenario, Options(seed=seed, settlement="none")).journal


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "scenario",
    [SpooferScenario(), SpooferScenario(honest=True), WashTrader(), WashTrader(honest=True)],
    ids=["spoofer", "spoofer-honest", "wash-trader", "wash-trader-honest"],
)
def test_exactly_those_who_break_the_rules_are_accused(scenario, seed) -> None:
    assert accused(alerts_of(journal(scenario, seed))) == scenario.guilty


@pytest.fixture(scope="module")
def runs() -> list[Journal]:
    return [journal(scenario, 3) for scenario in (SpooferScenario(), WashTrader(), TwoVenues())]


def test_a_watch_that_follows_a_run_finds_what_it_finds_afterwards(runs) -> None:
    for events in runs:
        growing, watch, online = Journal(), Watch(), list[Alert]()
        for event in events:
            growing.record(event)
            online += watch.feed(growing[len(growing) - 1])
        assert online == alerts_of(events)
        assert online


def test_the_evidence_of_each_alert_is_in_the_journal_before_it(runs) -> None:
    for events in runs:
        for alert in alerts_of(events):
            before = events.between(0, alert.event + 1)
            assert before[-1].time == alert.time
            orders = {event.order for event in before if hasattr(event, "terms") and hasattr(event, "order")}
            trades = {event.trade for event in before if hasattr(event, "maker_order")}
            assert {*alert.orders} <= orders
            assert {*alert.trades} <= trades
            assert alert.orders or alert.trades
