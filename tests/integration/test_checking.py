"""`simulate.py check` counts in how many runs a claim holds, and notices what breaks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.catalogue import SCENARIOS
from market_sim.simulation.scenarios.informed_versus_noise import InformedVersusNoise
from market_sim.ui.cli.main import main

OWN = '''
from dataclasses import dataclass
from market_sim import MarketMaker, Noise, Scenario, Stock, dollars

@dataclass(frozen=True)
class Coin(Scenario):
    """A claim that is true of some seeds and not of others."""
    name = "coin"
    claim = "The last price is an even number of cents."
    claim_share = {share}
    def build(self, world):
        world.list(Stock("ACME"), value=dollars(100), volatility_bps=5)
        world.join("maker", MarketMaker(), cash=dollars(90_000), holdings={{"ACME": 900}})
        world.join("noise", Noise(trade_probability=0.9), cash=dollars(9_000), holdings={{"ACME": 90}})
        world.at(epoch=9, halt="ACME")
    def holds(self, journal):
        from market_sim.core.models.market_events import Trade
        return [trade.price for trade in journal.of(Trade)][-1] % 2 == 0
'''


def own(folder: Path, share: float) -> str:
    file = folder / "coin.py"
    file.write_text(OWN.format(share=share))
    return str(file)


def test_it_counts_in_how_many_runs_the_claim_holds(tmp_path, capsys) -> None:
    assert main(["check", own(tmp_path, 0.1), "--seeds", "12", "--epochs", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert 2 <= told["held"] <= 10
    assert len(told["failed"]) == 12 - told["held"]
    assert told["kept"]
    assert main(["check", own(tmp_path, 0.99), "--seeds", "12", "--epochs", "2"]) == 1
    said = capsys.readouterr().out
    assert f"in {told['held']} of 12 runs; 99% are needed; not with seed {told['failed'][0]}" in said
    assert "claim        The last price is an even number of cents." in said
    assert "warning      a halt of ACME is planned for epoch 9, but the run ends with epoch 2" in said
    assert re.search(r"a student    who follows the trend gained by trading in \d+ of 10 runs", said)


def test_a_scenario_is_checked_with_other_parameters_and_counted_as_simulate_counts_it(capsys) -> None:
    assert main(["check", "informed-vs-noise", "--seeds", "3", "--traders", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parameters"]["traders"] == 2
    held = []
    for seed in (1, 2, 3):
        scenario = InformedVersusNoise(traders=2)
        held.append(scenario.holds(simulate(scenario, Options(seed=seed, settlement="none")).journal))
    assert told["held"] == sum(held)


def test_a_scenario_without_a_claim_is_checked_for_the_rules_only(capsys) -> None:
    assert main(["check", "first-market", "--seeds", "2", "--epochs", "2"]) == 0
    said = capsys.readouterr().out
    assert "claim        none is made, so only the rules are checked" in said
    assert "breaches     none" in said


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (["check", "bubbel"], "there is no scenario 'bubbel'; did you mean bubble?"),
        (["check", "bubble", "--seeds", "0"], "expected a whole number from 1 to 100000, found '0'"),
        (["check", "bubble", "--chartist", "3"], "there is no option --chartist; did you mean --chartists?"),
    ],
)
def test_bad_input_is_one_sentence(typed, sentence, capsys) -> None:
    assert main(typed) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name)
def test_a_guest_leaves_every_scenario_a_conclusion_to_draw(kind) -> None:
    symbol = {"arena": "BTC/USD", "marksim": "BTC/USD", "funding": "BTC", "liquidation-cascade": "BTC",
              "prediction-market": "YES", "market-maker-school": "A", "execution-school": "A", "pairs": "AAA",
              "thin-market": "DEEP", "futures-day": "WHEAT", "tax": "FREE",
                  "wallet-and-vault": "CREDITS/USD"}.get(kind.name, "ACME")  # fmt: skip
    guest = f"noise,name=noise-guest,cash=5000,symbol={symbol},trade_probability=1,patience=0"
    result = simulate(kind(), Options(epochs=3, settlement="none", guests=guest))
    assert result.failures == ()
    plain = simulate(kind(), Options(epochs=3, settlement="none"))
    assert bool(result.conclusion) == bool(plain.conclusion)


def warned(capsys, *arguments: str) -> list[str]:
    main(["check", "marksim", "--seeds", "1", "--epochs", "4", "--json", *arguments])
    return json.loads(capsys.readouterr().out)["warnings"]


def test_settings_that_contradict_the_rules_are_told_by_name(capsys):
    rate, cap, spread = warned(capsys, "--rules", "literal")
    assert rate.startswith("order rate: mm_1 wakes up each 100 ms, so that it may send 1,200 orders in 60 s")
    assert "60 is its limit" in rate
    price = int(re.search(r" at ([\d,]+), and", cap)[1].replace(",", ""))
    assert f"10.00 BTC/USD, worth ${10 * price:,}.00 at" in cap and "$100,000.00 is its limit" in cap
    assert spread.startswith("spread: mm_1 quotes 50 bp of the middle, and makers of the tier major 5 to 20;")


def test_settings_at_the_limit_of_the_rules_contradict_nothing(capsys, tmp_path):
    rules = tmp_path / "mine.toml"
    rules.write_text(
        'base = "literal"\norder_rate = { market_maker = 1_200 }\nposition_limit = { market_maker = 1_000_000_00 }\n'
    )
    assert warned(capsys, "--rules", str(rules), "--spread", "0.002") == []
    rules.write_text('base = "literal"\norder_rate = { market_maker = 1_199 }\nposition_limit = false\n')
    (rate,) = warned(capsys, "--rules", str(rules), "--spread", "0.0005")
    assert rate.endswith("1,199 is its limit")
    assert warned(capsys) == [], "a market without rules refuses nothing by them"


def test_rules_that_do_not_exist_are_told_in_a_sentence(capsys):
    assert main(["check", "marksim", "--rules", "litteral"]) == 2
    assert "did you mean literal?" in capsys.readouterr().err
