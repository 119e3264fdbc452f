"""A scenario says how long it needs, a person may ask for something else, and what then never happens is said."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from market_sim import Options, PriceShock, Scenario, Stock, World, simulate
from market_sim.core.errors import InputError
from market_sim.core.models.mechanism_events import Lapsed, Resolved, SettlementPriceSet
from market_sim.core.models.run_events import RunStarted, ShockHappened
from market_sim.simulation.scenarios.option_expiry import OptionExpiry
from market_sim.simulation.scenarios.prediction_market import PredictionMarketScenario
from market_sim.simulation.scenarios.warrant_dilution import WarrantDilution
from market_sim.ui.cli.arguments import listing
from market_sim.ui.cli.main import main
from market_sim.ui.web.scenario_form import ScenarioForm

PLAIN = Options(settlement="none")


@dataclass(frozen=True)
class Long(Scenario):
    """Bad news in epoch 3 of 5."""

    name = "long"
    epochs = 5
    when: int = 3

    def build(self, world: World) -> None:
        world.list(Stock("ACME"), value=10_000)
        world.at(epoch=self.when, shock=PriceShock("ACME", percent=-7.5))


def test_a_run_lasts_as_long_as_its_scenario_says_unless_something_else_is_asked_for() -> None:
    for options, epochs in ((PLAIN, 5), (replace(PLAIN, epochs=2), 2)):
        result = simulate(Long(), options)
        assert (result.epochs, next(result.journal.of(RunStarted)).epochs) == (epochs, epochs)
        assert result.journal[len(result.journal) - 1].time == (epochs + 1) * 1_000_000_000


def test_a_length_that_no_run_can_have_is_refused_wherever_it_stands() -> None:
    class Endless(Long):
        epochs = 0

    with pytest.raises(InputError, match="a run has from 1 to 1000000 epochs, found 0"):
        simulate(Endless(), PLAIN)


@pytest.mark.parametrize(
    ("scenario", "ending"),
    [
        (OptionExpiry(), SettlementPriceSet),
        (PredictionMarketScenario(), Resolved),
        (WarrantDilution(), Lapsed),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_life_cycle_comes_to_its_end_without_anything_being_asked_for(scenario: Scenario, ending: type) -> None:
    assert any(simulate(scenario, PLAIN).journal.of(ending))


def test_form_and_list_offer_the_length_of_the_scenario() -> None:
    [epochs] = [one.value for one in ScenarioForm.empty(OptionExpiry).run if one.name == "epochs"]
    assert epochs == "12"
    assert "--holders 3 --epochs 12" in listing()
    assert "--shock-percent -0.5 --volatility-bps 3.0 --epochs 8" in listing()


@pytest.mark.parametrize(("last", "happens"), [(2, 0), (3, 1)])
def test_news_for_a_time_after_the_end_is_a_warning(last: int, happens: int) -> None:
    result = simulate(Long(), replace(PLAIN, epochs=last))
    assert len([*result.journal.of(ShockHappened)]) == happens
    said = "ACME -7.5 % is planned for epoch 3, but the run ends with epoch 2: it never happens"
    assert result.warnings == (() if happens else (said,))


def test_the_terminal_and_the_document_repeat_the_warning(capsys: pytest.CaptureFixture[str], tmp_path) -> None:  # type: ignore[no-untyped-def]
    main(["--epochs", "5", "--no-settle", "--no-plot", "--json", "--out", str(tmp_path)])
    told = capsys.readouterr()
    said = "ACME -0.5 % is planned for epoch 6, but the run ends with epoch 5: it never happens"
    assert f"warning      {said}" in told.err + told.out
    assert f'"{said}"' in told.out
