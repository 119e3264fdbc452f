"""Rules by every door: the command line, a file, a replay, the site's form and its page of a scenario."""

from __future__ import annotations

import json

import pytest

from market_sim.core.models.compliance_events import RulesInForce
from market_sim.core.models.run_events import RunStarted
from market_sim.market.compliance.profiles import PROFILES
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.session import Session
from market_sim.ui.cli.main import main
from market_sim.ui.web.scenario_form import ScenarioForm

FILE = 'base = "literal"\nname = "mine"\nvolatility = false\norder_rate = { participant = 1 }\n'


def test_a_rules_file_becomes_part_of_the_run_which_replays_when_the_file_is_gone(tmp_path, capsys):
    rules = tmp_path / "mine.toml"
    rules.write_text(FILE)
    quiet = ["--epochs", "2", "--no-settle", "--no-plot", "-q", "--json", "--out", str(tmp_path)]
    assert main(["--rules", str(rules), *quiet]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rules"].startswith("mine, 0 halts")
    assert "RATE_LIMIT" in {one["reason"] for one in told["refusals"]}
    rules.unlink()
    journal = simulate(FirstMarket(), Options(epochs=2, settlement="none", rules=FILE)).journal
    assert next(journal.of(RunStarted)).options["rules"] == FILE
    again = Session.replay(journal).run()
    assert again.fingerprint == told["fingerprint"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--rules", "clasroom"], "there is no rules profile 'clasroom'; did you mean classroom?"),
        (["--rules", "nowhere.toml"], "the rules file nowhere.toml cannot be read"),
        (["rules", "clasroom"], "did you mean classroom?"),
    ],
)
def test_what_is_no_profile_is_refused_in_one_sentence(arguments, sentence, capsys, tmp_path):
    out = [] if arguments[0] == "rules" else ["--out", str(tmp_path), "--epochs", "1", "-q", "--no-plot"]
    assert main([*arguments, *out]) == 2
    assert sentence in capsys.readouterr().err


def test_the_command_prints_every_rule_and_its_json_has_the_same(capsys):
    assert main(["rules"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in PROFILES)
    assert main(["rules", "luld", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert main(["rules", "luld"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for rule in told["rules"]:
        assert rule["title"] in printed
        assert not rule["holds"] or (rule["says"] in printed and rule["differs"] in printed)


def test_the_form_of_a_scenario_chooses_rules():
    own = {"p-traders": "12", "p-makers": "3", "p-shock_percent": "-0.5", "p-volatility_bps": "3"}
    form = ScenarioForm.typed(FirstMarket, {"seed": "7", "epochs": "2", "rules": "luld", **own})
    read = form.read()
    assert read is not None and read[1].rules == "luld"
    journal = simulate(FirstMarket(), Options(epochs=1, settlement="none", rules="luld")).journal
    assert [rules.profile for rules in journal.of(RulesInForce)] == ["luld"]
