# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""The attack lab on the site: a search is a job with progress, and its answer is that of the command line."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from market_sim.core.data import archive
from market_sim.simulation.attack_lab import GOALS, Laboratory, Question, reached
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.web.application import create_app
from market_sim.ui.web.attack_form import BUDGET, FIELDS, AttackForm
from tests.unit.ui.web.conftest import Visitor, folders, small_run, visitor


def start(visitor, **typed):
    answer = visitor.post("/attack", {"validators": "4", "goal": "fork", "seed": "1", **typed})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def messages(visitor, address):
    text = visitor.get(f"{address.replace('/attack/', '/live/')}/events").text
    return [(kind, json.loads(data)) for kind, data in re.findall(r"^event: (\w+)\ndata: (.*)$", text, re.MULTILINE)]


@pytest.mark.thorough
def test_a_search_on_the_site_gives_the_answer_of_the_lab_and_the_run_that_shows_it(visitor, tmp_path):
    address = start(visitor, byzantine="2", goal="stall", stall="4", budget="100")
    told = messages(visitor, address)
    assert [kind for kind, _ in told][-1] == "done" and {kind for kind, _ in told} == {"tried", "done"}
    asked = Question(goal="stall", stall=4, budget=100)
    answer = Laboratory(asked, StreamletDemo()).search()
    page = visitor.get(address)
    assert page.status_code == 200
    assert answer.sentence[1:] in unescape(page.text)
    schedule = page.text.partition("<h2>The schedule</h2>")[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">(\d+)</th><td[^>]*>validator (\d)</td><td[^>]*>([\w-]+):', schedule)
    assert rows == [(str(step.epoch), str(step.who), step.what) for step in answer.schedule]
    name = told[-1][1]["run"]
    assert f'href="/runs/{name}"' in page.text and f'data-figure="/runs/{name}/figure.json"' in page.text
    assert reached("stall", archive.load(tmp_path / "results" / name).journal, 4)
    assert visitor.get(address.replace("/attack/", "/live/")).headers["Location"] == address


def test_a_search_that_finds_nothing_says_in_how_many_schedules(visitor):
    address = start(visitor, byzantine="1", budget="4")
    messages(visitor, address)
    page = unescape(visitor.get(address).text)
    assert "None in 4 schedules up to depth 12" in page
    assert "too few to say how rare one is" in page
    assert 'name="budget" aria-describedby="budget-hint"' in page, "another search can be started from the answer"


def test_a_search_for_a_long_stall_is_as_deep_as_it_needs(visitor):
    address = start(visitor, byzantine="1", goal="stall", stall="12", budget="4")
    messages(visitor, address)
    page = unescape(visitor.get(address).text)
    assert "None in 4 schedules up to depth 14" in page
    assert 'value="12" id="stall"' in page, "the form asks the same again"


def test_a_search_that_takes_too_long_answers_for_what_it_tried(folders):
    visitor = Visitor(create_app({**folders, "SEARCH_SECONDS": 0.1}))
    address = start(visitor, byzantine="1", budget="100000")
    [*_, (kind, content)] = messages(visitor, address)
    assert kind == "done" and content["run"] is None
    page = unescape(visitor.get(address).text)
    assert "The search took longer than 0.1 seconds and was stopped; the answer is for the schedules" in page
    assert re.search(r"None in \d+ schedules?", page)


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("validators", "3", "Validators must be a whole number from 4 to 10, found '3'"),
        ("byzantine", "4", "from 1 to 3 of 4 can be byzantine, found 4"),
        ("budget", "all", "Budget must be a whole number from 1 to 100,000, found 'all'"),
        ("goal", "chaos", "choose one of fork, stall, found 'chaos'"),
        ("seed", "-1", "Seed must be a whole number from 0"),
        ("stall", "2", "Length of a stall must be a whole number from 3 to 30, found '2'"),
    ],
)
def test_a_field_that_cannot_be_used_has_its_sentence_beside_it(visitor, field, typed, sentence):
    answer = visitor.post(
        "/attack",
        {"validators": "4", "byzantine": "2", "goal": "fork", "stall": "8", "budget": "9", "seed": "1", field: typed},
    )
    assert answer.status_code == 422
    beside = unescape(answer.text).partition(f'id="{field}-error">')[2].partition("<")[0]
    assert beside.startswith(sentence)
    assert f'value="{typed}"' in answer.text or field == "goal"
    assert not visitor.app.extensions["jobs"].pending


def test_the_form_begins_with_five_thousand_schedules_and_asks_what_the_lab_takes(visitor):
    assert AttackForm.filled({}).read() == Question(budget=5_000) and BUDGET == 5_000
    goals = next(one for one in FIELDS if one.name == "goal")
    assert tuple(value for value, _ in goals.choices) == GOALS
    page = visitor.get("/attack?byzantine=1").text
    assert re.search(r'value="1"[^>]* name="byzantine"', page) and 'href="/attack" aria-current="page"' in page


def test_a_search_that_is_not_remembered_is_not_found(visitor):
    assert visitor.get("/attack/7").status_code == 404
