"""Surveillance of whole runs: online equals batch, planted misconduct is found, and the honest are not accused."""

from __future__ import annotations

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.errors import InputError
from market_sim.core.models.inputs import OPERATOR, GrantAppeal
from market_sim.core.models.surveillance_events import AlertRaised, AppealGranted, MeasureTaken
from market_sim.market.compliance.detectors.alert import Alert
from market_sim.market.compliance.detectors.watch import Watch, alerts_of
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.spoofer import SpooferScenario, accused
from market_sim.simulation.scenarios.two_venues import TwoVenues
from market_sim.simulation.scenarios.wash_trader import WashTrader
from market_sim.simulation.session import Session

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


@pytest.fixture(scope="module")
def punished():
    """A market whose enforcement climbs the ladder, stepped from outside, with an appeal after the first fine."""
    session = Session(SpooferScenario(penalties=True), Options(seed=7, settlement="none"))
    while not any(measure.step == "fine" for measure in session.journal.of(MeasureTaken)):
        session.step(events=50)
    fine = next(measure for measure in session.journal.of(MeasureTaken) if measure.step == "fine")
    with pytest.raises(InputError, match="an appeal is granted by the operator of the market, not by a participant"):
        session.take(fine.account, GrantAppeal(fine.measure))
    with pytest.raises(InputError, match="there is no measure 99"):
        session.take(OPERATOR, GrantAppeal(99))
    session.take(OPERATOR, GrantAppeal(fine.measure))
    return fine, session.run()


def test_the_guilty_alone_meet_measures_and_what_was_raised_is_what_a_batch_finds(punished) -> None:
    _, result = punished
    measures = [*result.journal.of(MeasureTaken)]
    assert {measure.account for measure in measures} == SpooferScenario().guilty
    assert {"warn", "fine", "throttle"} <= {measure.step for measure in measures}
    raised = [alert.event for alert in result.journal.of(AlertRaised)]
    assert raised == [alert.event for alert in alerts_of(result.journal)]
    assert f"{len(measures)} measures taken, with fines of " in result.conclusion
    listed = [one.code for one in result.listed_alerts]
    assert listed.count("APPEAL_GRANTED") == 1
    assert sum(code.startswith("MEASURE_") for code in listed) == len(measures)


def test_an_appeal_by_the_instructors_hand_is_an_input_and_the_run_replays_with_it(punished) -> None:
    fine, result = punished
    (granted,) = result.journal.of(AppealGranted)
    assert (granted.measure, granted.account, granted.returned) == (fine.measure, fine.account, fine.amount)
    assert Session.replay(result.journal).run().fingerprint == result.fingerprint


def test_a_rules_file_turns_penalties_on_for_any_scenario() -> None:
    rules = 'base = "classroom"\norder_rate = false\nposition_limit = false\npenalties = { fine = 100 }'
    result = simulate(SpooferScenario(), Options(epochs=5, settlement="none", rules=rules))
    measures = [*result.journal.of(MeasureTaken)]
    assert {measure.account for measure in measures} == SpooferScenario().guilty
    assert {measure.amount for measure in measures if measure.step == "fine"} == {100}


def test_a_market_without_enforcement_has_nothing_to_appeal_against() -> None:
    session = Session(SpooferScenario(), Options(epochs=1, settlement="none"))
    with pytest.raises(InputError, match="this market takes no measures against anybody"):
        session.take(OPERATOR, GrantAppeal(1))
