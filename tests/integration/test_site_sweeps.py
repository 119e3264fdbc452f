# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""A sweep on the site is a job with progress; its page has the table, picture and runs of the command's sweep."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from plotly.graph_objects import Figure

from market_sim.analysis.sweep_estimates import shown
from market_sim.analysis.visualization.as_of import finished
from market_sim.simulation.scenarios.crowded_room import CrowdedRoom
from market_sim.simulation.sweep.axes import axis
from market_sim.simulation.sweep.outcomes_file import stored_sweep
from market_sim.simulation.sweep.plan import Plan
from market_sim.ui.cli.main import main
from market_sim.ui.web.application import create_app
from market_sim.ui.web.pages.shared import csv_file
from market_sim.ui.web.sweep_form import SweepForm
from tests.unit.ui.web.conftest import Visitor, folders, small_run, visitor

TYPED = {"p-traders": "4,8", "seeds": "2", "seed": "5", "epochs": "2", "guests": ""}
PLAN = Plan("crowded-room", (axis("traders=4,8"),), (), 2, 5, 2)


def messages(visitor, address):
    text = visitor.get(f"{address.replace('/sweep/', '/live/')}/events").text
    return [(kind, json.loads(data)) for kind, data in re.findall(r"^event: (\w+)\ndata: (.*)$", text, re.MULTILINE)]


@pytest.fixture
def swept(visitor) -> str:
    """The address of a finished sweep that was started by the form."""
    answer = visitor.post("/scenarios/crowded-room/sweep", TYPED)
    assert answer.status_code == 303, answer.text
    address = answer.headers["Location"]
    assert visitor.get(address.replace("/sweep/", "/live/")).status_code in (200, 302)
    told = messages(visitor, address)
    assert [content["done"] for kind, content in told if kind == "swept"] == [1, 2, 3, 4]
    assert told[-1] == ("done", {"run": None, "complete": True, "sweep": PLAN.name})
    page = visitor.get(address)
    assert page.status_code == 302
    return page.headers["Location"]


def test_a_sweep_on_the_site_is_the_sweep_of_the_command_line(visitor, swept, tmp_path, capsys):
    assert swept == f"/sweeps/{PLAN.name}"
    here = tmp_path / "here"
    told = ["sweep", "crowded-room", "--over", "traders=4,8", "--seeds", "2", "--seed", "5", "--epochs", "2"]
    assert main([*told, "--jobs", "1", "--no-plot", "-q", "--json", "--out", str(here)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (here / f"{PLAN.name}.jsonl").read_bytes() == (tmp_path / "results" / f"{PLAN.name}.jsonl").read_bytes()
    page = unescape(visitor.get(swept).text)
    assert "4 runs, 2 for each point" in page
    for point in document["points"]:
        mean = point["measures"]["trades"]["mean"]
        assert re.search(rf"<th scope=\"row\">{point['traders']}</th><td>2</td>", page)
        assert f"<td>{shown(mean)} ± " in page
    drawn = visitor.get(f"{swept}/figure.json?show=trades").get_json()
    [trades] = [trace for trace in Figure(finished(drawn["figure"])).data if trace.name]
    assert list(trades.y) == [point["measures"]["trades"]["mean"] for point in document["points"]]
    rows = list(csv.DictReader(io.StringIO(visitor.get(f"{swept}/runs.csv").text)))
    outcomes = stored_sweep(here / f"{PLAN.name}.jsonl").outcomes
    assert [(row["traders"], row["fingerprint"], float(row["trades"])) for row in rows] == [
        (str(one.parameters["traders"]), one.fingerprint, one.measures["trades"]) for one in outcomes
    ]
    assert f'href="{swept}"' in visitor.get("/sweeps").text
    again = unescape(re.search(r'href="(/scenarios/crowded-room/sweep\?[^"]+)"', visitor.get(swept).text)[1])
    assert 'value="4,8"' in visitor.get(again).text and 'value="5" id="seed"' in visitor.get(again).text
    wrong = visitor.get(f"{swept}?show=hats")
    assert wrong.status_code == 422 and "no measure &#39;hats&#39;" in wrong.text


@pytest.mark.thorough
def test_a_sweep_that_takes_too_long_keeps_its_runs_and_goes_on_there(folders, tmp_path):
    hasty = Visitor(create_app({**folders, "SEARCH_SECONDS": 0.1}))
    typed = {**TYPED, "p-traders": "60,61", "epochs": "20"}
    address = hasty.post("/scenarios/crowded-room/sweep", typed).headers["Location"]
    [*_, (kind, content)] = messages(hasty, address)
    assert kind == "done" and not content["complete"]
    page = hasty.get(hasty.get(address).headers["Location"]).text
    assert "The sweep took longer than 0.1 seconds and was stopped; the runs that are done are kept" in page
    [file] = (tmp_path / "results").glob("*.jsonl")
    before = stored_sweep(file)
    assert 0 < len(before.outcomes) < before.runs == 4
    assert f"{len(before.outcomes)} of 4 runs are done" in page and "Go on" in page
    patient = Visitor(create_app(folders))
    address = patient.post("/scenarios/crowded-room/sweep", typed).headers["Location"]
    told = messages(patient, address)
    assert next(content["done"] for kind, content in told if kind == "swept") == len(before.outcomes) + 1
    assert stored_sweep(file).outcomes[: len(before.outcomes)] == before.outcomes


def typed(**values: str) -> SweepForm:
    return SweepForm.filled(CrowdedRoom, {**TYPED, **values})


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("p-traders", "4,many", "traders must be a whole number from 1 to 1,000, found 'many'"),
        ("p-traders", "4..2", "a range goes up from the first to the last value by a positive step"),
        ("p-traders", "0", "traders must be a whole number from 1 to 1,000, found '0'"),
        ("seeds", "0", "Runs of each point must be a whole number from 1 to 200, found '0'"),
        ("epochs", "101", "Epochs must be a whole number from 1 to 100"),
        ("guests", "own.py:Mine", "a strategy of your own joins on the command line"),
        ("guests", "model.json", "a strategy of your own joins on the command line"),
    ],
)
def test_a_field_that_cannot_be_used_has_its_sentence_beside_it(field, value, sentence):
    form = typed(**{field: value})
    assert form.read() is None
    [wrong] = form.errors
    assert wrong.name == field
    assert sentence in wrong.error


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"p-traders": "40"}, "a sweep varies something"),
        ({"p-traders": "1..150:1"}, "at most 200 runs on this page, found 300"),
        ({"p-traders": "4,04"}, "the form gives traders the value 4 twice"),
    ],
)
def test_a_sweep_that_makes_no_sense_is_one_sentence(visitor, values, sentence):
    form = typed(**values)
    assert form.read() is None and sentence in form.problem
    answer = visitor.post("/scenarios/crowded-room/sweep", {**TYPED, **values})
    assert answer.status_code == 422 and sentence in unescape(answer.text)
    assert not visitor.app.extensions["jobs"].pending


def test_what_is_no_sweep_is_not_shown(visitor, tmp_path):
    results = tmp_path / "results"
    (results / "sweep-broken-1.jsonl").write_text('{"plan": 3}\n{}\n')
    (results / "sweep-begun-2.jsonl").write_text(
        '{"plan": {"scenario": "x", "over": {"a": ["1"]}, "repetitions": 1}}\n'
    )
    assert visitor.get("/sweeps/sweep-broken-1").status_code == 422
    assert visitor.get("/sweeps/sweep-begun-2").status_code == 409
    assert visitor.get("/sweeps/sweep-none-3").status_code == visitor.get("/sweep/7").status_code == 404
    assert "sweep-broken-1" not in visitor.get("/sweeps").text


def test_no_cell_of_a_file_is_a_formula_and_numbers_stay_numbers(visitor):
    with visitor.app.app_context():
        text = csv_file(("a", "b"), [("=1+1", "-1.50"), (-2, "+1,000.25"), ("-x", "plain")], "x.csv").get_data(True)
    assert list(csv.reader(io.StringIO(text))) == [
        ["a", "b"], ["'=1+1", "-1.50"], ["-2", "+1,000.25"], ["'-x", "plain"],
    ]  # fmt: skip


def test_scenarios_and_runs_lead_to_sweeps(visitor):
    assert 'href="/scenarios/first-market/sweep"' in visitor.get("/scenarios/first-market").text
    for page in ("/scenarios", "/runs", "/scenarios/first-market/sweep"):
        assert 'href="/sweeps"' in visitor.get(page).text
