"""A form has a field for each parameter, and each mistake stands beside its field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from market_sim.core.data import archive
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.simulation.scenarios.scenario import Scenario
from market_sim.ui.web.scenario_form import (
    ScenarioForm,
    behaviours_as_chosen,
    guests_as_chosen,
    rules_as_chosen,
)


@dataclass(frozen=True)
class Kinds(Scenario):
    """One field of each kind."""

    name: ClassVar[str] = "kinds"
    whole: int = 3
    share: float = 0.5
    loud: bool = True
    word: str = "x"


def sent(kind, **changes):
    defaults = {one.name: one.value for form in [ScenarioForm.empty(kind)] for one in (*form.own, *form.run)}
    return ScenarioForm.typed(kind, {**defaults, **changes})


def test_fields_follow_the_types():
    assert [(one.name, one.kind, one.value) for one in ScenarioForm.empty(Kinds).own] == [
        ("p-whole", "integer", "3"),
        ("p-share", "number", "0.5"),
        ("p-loud", "switch", "true"),
        ("p-word", "text", "x"),
    ]


def test_what_is_typed_is_read_as_the_field_says():
    parameters, options = sent(Kinds, **{"p-whole": "7", "p-share": "1", "p-word": "y", "seed": "11"}).read()
    assert parameters == {"whole": 7, "share": 1.0, "loud": True, "word": "y"}
    assert (options.seed, options.epochs, options.validators, options.byzantine) == (11, Kinds.epochs, None, None)


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"behaviour": ""}, None),
        ({"behaviour": "silent"}, "n3:silent"),
        ({"behaviour": "equivocate", "behaviour_of": "1", "behaviour_epochs": "5-9"}, "n1:equivocate@5-9"),
        ({"behaviour": "", "behaviour_of": "1", "behaviour_epochs": "5-9"}, None),
        ({"behaviour": "forge", "behaviour_of": "6", "validators": "7"}, "n6:forge"),
        ({"behaviour": "silent", "behaviour_2": "late", "validators": "7"}, "n3:silent,n2:late"),
        ({"behaviour": "silent", "behaviour_3": "late", "beyond_the_bound": "true"}, "n3:silent,n1:late"),
        (
            {"behaviour": "equivocate", "behaviour_2": "late", "behaviour_of_2": "3", "behaviour_epochs_2": "4"},
            "n3:equivocate,n3:late@4",
        ),
    ],
)
def test_a_byzantine_validator_is_picked_from_what_exists(chosen, text):
    assert sent(FirstMarket, **chosen).read()[1].byzantine == text


@pytest.mark.parametrize(("chosen", "independent"), [("", None), ("true", True), ("false", False)])
def test_who_executes_final_blocks_is_the_scenarios_choice_unless_it_is_made(chosen, independent):
    assert sent(FirstMarket, independent=chosen).read()[1].independent is independent


@pytest.mark.parametrize(
    "behaviours", ["n3:silent", "n3:late@5-9,n3:forge@2,n1:flood", "n0:late,n0:forge,n0:flood,n0:usurp@3"]
)
def test_a_run_fills_the_form_with_the_behaviours_that_it_had(behaviours):
    again = {"validators": "7", **behaviours_as_chosen(behaviours, 7)}
    assert sent(FirstMarket, **again).read()[1].byzantine == behaviours


@pytest.mark.parametrize(
    ("chosen", "field", "sentence"),
    [
        ({"behaviour": "silent", "behaviour_of": "4"}, "behaviour_of", "there is no validator n4"),
        ({"behaviour": "sing"}, "behaviour", "choose one of"),
        ({"behaviour": "silent", "behaviour_epochs": "x"}, "behaviour_epochs", "epochs look like 5 or 5-9"),
        (
            {"behaviour": "silent", "behaviour_2": "late"},
            "behaviour_of_2",
            "1 may be faulty, not 2; the switch Beyond the bound",
        ),
        (
            {"behaviour": "forge", "variant": "crash"},
            "behaviour_of",
            "the crash variant tolerates validators that stop",
        ),
    ],
)
def test_a_byzantine_validator_that_cannot_be_is_refused_beside_its_field(chosen, field, sentence):
    form = sent(FirstMarket, **chosen)
    assert form.read() is None
    [wrong] = form.errors
    assert wrong.name == field
    assert sentence in wrong.error


def test_every_example_of_a_hint_can_be_used(visitor):
    hints = {one.name: one.hint for one in ScenarioForm.empty(FirstMarket).run}
    assert sent(FirstMarket, crash=hints["crash"].split()[2].rstrip(":")).read()[1].crash == "n2@4-6"
    assert sent(FirstMarket, partition=hints["partition"].split()[2].rstrip(":")).read()
    assert sent(
        FirstMarket, behaviour="silent", behaviour_epochs=hints["behaviour_epochs"].split()[4].rstrip(".")
    ).read()


def test_a_switch_that_is_off_sends_nothing():
    form = ScenarioForm.typed(Kinds, {"p-whole": "1", "p-share": "1", "p-word": "", "seed": "1", "epochs": "1"})
    assert form.read()[0]["loud"] is False


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("p-traders", "many", "whole number"),
        ("p-traders", "", "whole number"),
        ("p-traders", "1.5", "whole number"),
        ("p-traders", "9" * 30, "from 1 to 500"),
        ("p-shock_percent", "nan", "finite"),
        ("p-shock_percent", "inf", "finite"),
        ("p-shock_percent", "1e400", "finite"),
        ("p-shock_percent", "x" * 300, "at most 199 characters"),
        ("seed", "", "Seed needs"),
        ("seed", "-1", "from 0"),
        ("seed", "1_000", "whole number"),
        ("seed", "٣", "whole number"),
        ("epochs", "0", "from 1 to 500"),
        ("epochs", "501", "from 1 to 500"),
        ("epochs", "NaN", "whole number"),
        ("validators", "3", "from 4 to 100"),
        ("leaders", "loudest", "choose one of"),
        ("settlement", "mainnet", "choose one of"),
        ("behaviour_2", "sing", "choose one of"),
        ("behaviour_epochs_3", "x", "epochs look like 5 or 5-9"),
        ("crash", "n2", "a crash with a return looks like n2@4-6"),
        ("crash", "n9@2", "there is no validator n9"),
        ("variant", "loud", "choose one of"),
        ("partition", "x", "epochs look like 5 or 5-9"),
        ("partition", "4-6:0+9", "not two groups of validators"),
    ],
)
def test_a_mistake_is_said_beside_its_field(name, value, sentence):
    form = sent(FirstMarket, **{name: value})
    assert form.read() is None
    [wrong] = form.errors
    assert wrong.name == name
    assert sentence in wrong.error
    assert wrong.value == value[:200]


def test_the_page_shows_the_mistake_and_what_was_typed(visitor):
    typed = {"seed": "<b>", "epochs": "4", "p-traders": "x", "p-makers": "1", "p-volatility_bps": "3"}
    answer = visitor.post("/scenarios/first-market", typed)
    assert answer.status_code == 422
    assert 'value="&lt;b&gt;"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert 'id="p-traders-error"' in answer.text
    assert "<b>" not in answer.text


def test_an_address_may_fill_the_form(visitor):
    page = visitor.get("/scenarios/first-market?seed=99&p-traders=5").text
    assert 'value="99" id="seed"' in page
    assert 'value="5" id="p-traders"' in page


def test_shipped_strategies_join_from_the_form_and_are_invited_again():
    form = sent(FirstMarket, guests="momentum,cash=2500,threshold_bps=5; noise,name=me,holdings=ACME:5 ;")
    read = form.read()
    assert read is not None, form.errors
    guests = read[1].guests
    assert guests == "momentum,cash=2500,threshold_bps=5\nnoise,name=me,holdings=ACME:5"
    again = sent(FirstMarket, **guests_as_chosen(guests)).read()
    assert again is not None
    assert again[1] == read[1]
    assert sent(FirstMarket).read()[1].guests is None


def test_a_run_is_played_again_with_its_rules_file(visitor, folders):
    text = 'base = "classroom"\nname = "mine"\nposition_limit = false\n'
    result = simulate(FirstMarket(traders=4), Options(epochs=2, settlement="none", rules=text))
    archive.save(result.journal, Path(folders["RESULTS"]) / "ruled-run")
    page = visitor.get("/runs/ruled-run").text
    assert 'name="rules" value="run:ruled-run"' in page
    assert "the rules file of ruled-run" in visitor.get("/scenarios/first-market?rules=run:ruled-run").text
    hidden = page.partition("again-seed")[0].rpartition("<form")[2]
    asked = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', hidden)) | {"seed": "5"}
    assert asked.pop("csrf_token")
    started = visitor.post("/scenarios/first-market", asked)
    assert started.status_code == 303
    job = visitor.app.extensions["jobs"].find(int(started.location.rpartition("/")[2]))
    assert job.request.options.rules == text
    assert visitor.post("/scenarios/first-market", {**asked, "rules": "run:gone"}).status_code == 404
    assert rules_as_chosen("luld", "ruled-run") == "luld"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("momentun", "there is no strategy 'momentun'; did you mean momentum?"),
        ("momentum,treshold_bps=5", "Momentum has no parameter treshold_bps; did you mean threshold_bps?"),
        ("momentum,cash", "expected key=value after the strategy, found 'cash'"),
        ("momentum,cash=-1", "cash is not negative, found -1"),
        ("noise; mine.py:Own,cash=5", "a strategy of your own joins on the command line, --with mine.py"),
    ],
)
def test_a_wrong_guest_is_one_sentence_beside_the_field(typed, sentence):
    form = sent(FirstMarket, guests=typed)
    assert form.read() is None
    [wrong] = form.errors
    assert wrong.name == "guests"
    assert sentence in wrong.error


def test_the_site_never_loads_a_file_that_a_form_names(tmp_path):
    trap = tmp_path / "trap.py"
    trap.write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')")
    for typed in (str(trap), f"{trap}:Own", f" {trap} ,cash=5", f"noise;{trap}"):
        assert sent(FirstMarket, guests=typed).read() is None
    assert not (tmp_path / "sprung").exists()
