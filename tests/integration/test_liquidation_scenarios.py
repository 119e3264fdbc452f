"""The scenarios of margin, short selling and liquidation: settled, reconciled, told in a sentence, the same twice."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.results.result import Result
from market_sim.core.models.event import Event
from market_sim.core.models.mechanism_events import (
    BoughtIn,
    DeficitCovered,
    LiquidationEnded,
    MarginCalled,
    MarginCallMet,
    PositionReduced,
    PositionSold,
)
from market_sim.core.models.settlement_events import BlockSettled, Reconciled, TradeRefused
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.liquidation_cascade import LiquidationCascade
from market_sim.simulation.scenarios.margin_call import MarginCall
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.simulation.scenarios.short_squeeze import ShortSqueeze
from tests.integration.conformance import Case, breaches

ABOUT: dict[type[Scenario], tuple[type[Event], ...]] = {
    MarginCall: (MarginCalled, MarginCallMet, PositionSold, LiquidationEnded),
    ShortSqueeze: (BoughtIn, PositionSold),
    LiquidationCascade: (PositionSold, DeficitCovered, PositionReduced),
}
"""What has to happen in a scenario for its story to be told."""


@pytest.fixture(scope="module", params=ABOUT, ids=lambda kind: kind.name)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    made: Scenario = request.param()
    return made


def run(scenario: Scenario) -> Result:
    return simulate(scenario, Options(epochs=12, settlement="memory", paranoid=True))


def test_it_is_settled_and_reconciled_and_the_same_twice(scenario: Scenario) -> None:
    once, again = run(scenario), run(scenario)
    assert once.fingerprint == again.fingerprint
    assert once.failures == ()
    assert any(once.journal.of(BlockSettled))
    assert any(once.journal.of(Reconciled))
    assert [*once.journal.of(TradeRefused)] == []


def test_it_comes_to_what_it_is_about_and_says_so_with_numbers(scenario: Scenario) -> None:
    journal = run(scenario).journal
    for kind in ABOUT[type(scenario)]:
        assert any(journal.of(kind)), kind.__name__
    sentence = scenario.conclusion(journal)
    assert len(re.findall(r"\d+", sentence)) >= 5
    assert sentence.endswith(".")


def test_a_run_that_ends_early_has_a_conclusion_too(scenario: Scenario) -> None:
    journal = simulate(scenario, Options(epochs=1, settlement="none")).journal
    assert scenario.conclusion(journal).endswith(".")


@pytest.mark.parametrize("kind", ABOUT, ids=lambda kind: kind.name)
def test_margin_keeps_what_all_mechanisms_promise(kind: type[Scenario]) -> None:
    assert list(breaches(Case(kind.name, kind().build, days=9))) == []
