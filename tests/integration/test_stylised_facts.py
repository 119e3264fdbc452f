"""Markets that behave like markets: the required stylised facts in the default scenario and in the crowded room.

The scenarios were tuned on seeds from 1,001 on; these are others.
One seed and 2,000 returns here, ten seeds and 5,000 in CI.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from market_sim import Scenario, Stock, cents, dollars, simulate
from market_sim.analysis.microstructure.bars import bars
from market_sim.analysis.microstructure.stylised_facts import Fact, passes, required_facts
from market_sim.core.data.fingerprint import digest
from market_sim.simulation.engine.clock import MILLISECOND
from market_sim.simulation.market_alone import market_alone
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.strategies.traditional.zero_intelligence import ZeroIntelligenceFlow
from market_sim.ui.cli.main import main

IN_CI = os.environ.get("HYPOTHESIS_PROFILE") == "ci"
SEEDS = range(1, 11) if IN_CI else range(3, 4)
EPOCHS = 1_001 if IN_CI else 401
BAR = 200 * MILLISECOND


@dataclass(frozen=True)
class ZeroIntelligenceMarket(Scenario):
    """Limit orders, market orders and cancellations at constant rates, and nothing else."""

    name = "zero-intelligence-market"

    def build(self, world):
        world.list(Stock("ACME", tick=cents(1)))
        for number in range(20):
            trader = ZeroIntelligenceFlow(limit_rate=0.3, market_rate=0.05, cancel_rate=0.05, reach=30)
            account = {"cash": dollars(1_000_000), "holdings": {"ACME": 10_000}}
            world.join(f"trader-{number}", trader, every_ms=100, **account)


def facts_of(scenario: Scenario, seed: int, epochs: int) -> list[Fact]:
    return required_facts(bars(market_alone(scenario, seed, epochs), "ACME", BAR).returns[:5_000])


@pytest.mark.thorough
@pytest.mark.parametrize("scenario", [FirstMarket(), CrowdedRoom()], ids=lambda one: one.name)
def test_the_required_facts_hold_with_nine_of_ten_seeds(scenario: Scenario):
    found = {seed: facts_of(scenario, seed, EPOCHS) for seed in SEEDS}
    failed = {seed: facts for seed, facts in found.items() if not passes(facts)}
    assert 10 * len(failed) <= len(found), failed


def test_zero_intelligence_has_no_volatility_clustering():
    *_, clustering = facts_of(ZeroIntelligenceMarket(), 1, 250)
    assert clustering.name == "volatility clustering"
    assert not clustering.holds


@pytest.mark.parametrize("scenario", [FirstMarket(traders=3), CrowdedRoom(traders=5)], ids=lambda one: one.name)
def test_the_market_alone_is_that_of_the_whole_run(scenario: Scenario):
    whole = simulate(scenario, seed=5, epochs=3, settlement="none")
    assert digest(market_alone(scenario, 5, 3), "market") == whole.digest("market")


def test_the_command_prints_a_table_of_a_scenario(capsys: pytest.CaptureFixture[str]):
    arguments = ["facts", "crowded-room", "--traders", "20", "--returns", "500", "--bar-ms", "50", "--seeds", "2"]
    code = main(arguments)
    said = capsys.readouterr().out
    assert said.count("500 returns of the mid-quote, bars of 50 ms") == 2
    assert said.count("no linear autocorrelation") == 2
    assert "of 2 seeds; 90% are needed" in said
    assert "the bounds were chosen for 5,000 returns" in said
    assert main([*arguments, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert [run["seed"] for run in told["runs"]] == [1, 2]
    assert told["kept"] is (code == 0) is all(run["passes"] for run in told["runs"])


def test_the_command_reads_a_stored_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--epochs", "6", "--no-settle", "--no-plot", "-q", "--out", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    assert main(["facts", str(folder), "--bar-ms", "10"]) in (0, 1)
    assert "first-market, seed 7: 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["first-market", "--returns", "59"], "500 returns or more, found 59"),
        (["first-market", "--returns", "10", "--symbol", "ACMEE"], "there is no book 'ACMEE'; there is ACME"),
        (["frist-market"], "did you mean first-market?"),
    ],
)
def test_bad_input_is_one_sentence(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]):
    assert main(["facts", *arguments]) == 2
    assert says in capsys.readouterr().err
