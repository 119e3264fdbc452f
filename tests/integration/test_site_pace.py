# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""The pace of a run on the site: paused, stepped, looked back on, forked with a change, and still the same run."""

from __future__ import annotations

import re

import pytest

from market_sim.analysis.history.time_axis import seconds
from market_sim.core.data import archive
from market_sim.core.models.consensus_events import ByzantineAct, EpochStarted
from market_sim.core.models.market_events import OrderAccepted
from market_sim.core.models.run_events import InputReceived
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.web import run_queue
from market_sim.ui.web.fork_form import ForkForm
from market_sim.ui.web.forking import roll_of
from tests.conftest import PATIENCE
from tests.unit.ui.web.conftest import Visitor, folders, run_address, small_run, visitor

FORM = {
    "seed": "7", "epochs": "3", "p-traders": "6", "p-makers": "3", "p-shock_percent": "-0.5", "p-volatility_bps": "3",
    "settlement": "none",
}  # fmt: skip
SCRIPT = {"Accept": "application/json"}


def start(visitor: Visitor, **changes: str) -> str:
    answer = visitor.post("/scenarios/first-market", {**FORM, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def job(visitor: Visitor, live: str):
    return visitor.app.extensions["jobs"].find(int(live.rpartition("/")[2]))


def ask(visitor: Visitor, live: str, wish: str, **more: str) -> None:
    answer = visitor.post(f"{live}/pace", {"wish": wish, **more}, headers=SCRIPT)
    assert answer.status_code == 204, answer.text


def placed(visitor: Visitor, live: str, is_there) -> dict:
    """The first place that the run tells and that is the wanted one."""
    for note in job(visitor, live).since(0, PATIENCE):
        assert note is not None, "nothing was told for a long time"
        if note.kind == "placed" and is_there(note.content):
            return note.content
    raise AssertionError("the run has ended")


def ended(visitor: Visitor, live: str) -> str:
    """The name of the finished run."""
    for note in job(visitor, live).since(0, PATIENCE):
        assert note is not None, "nothing was told for a long time"
    return job(visitor, live).run


@pytest.fixture
def stored(visitor, tmp_path):
    def load(name: str):
        return archive.load(tmp_path / "results" / name)

    yield load
    visitor.app.extensions["jobs"].close()


@pytest.mark.thorough
def test_a_run_that_is_paused_stepped_looked_back_on_and_forked_is_the_same_run(visitor, stored):
    live = start(visitor, pace="paused")
    first = placed(visitor, live, lambda place: True)
    assert first["at"] == first["last"]
    ask(visitor, live, "event")
    second = placed(visitor, live, lambda place: place["last"] > first["last"])
    for _ in range(2):
        known = job(visitor, live).place.number
        ask(visitor, live, "epoch")
        third = placed(visitor, live, lambda place, known=known: place["last"] > known)
    ask(visitor, live, "back")
    back = placed(visitor, live, lambda place: place["at"] < place["last"])
    assert (back["at"], back["last"]) == (third["at"] - 1, third["last"])
    ask(visitor, live, "event")
    assert placed(visitor, live, lambda place: place["at"] == third["at"]) == third, "forward again is the same place"
    ask(visitor, live, "show", number=str(second["at"]), book="ACME")
    again = placed(visitor, live, lambda place: place["at"] == second["at"])
    assert again["instant"] == second["instant"], "the past does not change"
    page = visitor.get(live).text
    assert "Go on" in page
    assert f"Event {second['at']} of {third['last']} so far" in page
    form = {"event": str(second["at"]), "change": "leave", "agent": "maker-1", "pace": "paused"}
    fork = visitor.post(f"{live}/fork", form).headers["Location"]
    at = placed(visitor, fork, lambda place: True)["last"]
    further = {"event": str(at), "change": "parameter", "agent": "maker-0", "parameter": "size", "value": "3"}
    second_fork = visitor.post(f"{fork}/fork", further).headers["Location"]
    ask(visitor, live, "resume")
    ask(visitor, fork, "resume")
    runs = [stored(ended(visitor, one)) for one in (live, fork, second_fork)]
    whole = simulate(FirstMarket(traders=6), Options(epochs=3, settlement="none"))
    assert runs[0].manifest.fingerprint == whole.fingerprint
    for place in (first, second, third):
        assert seconds(runs[0].journal[place["at"]].time) == place["instant"]["moment"]["time"]
    senders = [[event.sender for event in run.journal.of(InputReceived)] for run in runs]
    assert senders == [[], ["maker-1"], ["maker-1", "maker-0"]], "a fork is forked with what was changed in it"
    for run in runs:
        assert run.journal.since(0)[: second["at"] + 1] == whole.journal.since(0)[: second["at"] + 1]


def test_a_run_that_stands_still_does_not_hold_up_the_others_and_few_may(visitor, stored, monkeypatch):
    monkeypatch.setattr(run_queue, "MOST_HELD", 1)
    waiting = start(visitor, pace="paused")
    long = start(visitor, epochs="500", **{"p-shock_percent": "0"})
    next(note for note in job(visitor, long).since(0, PATIENCE) if note.kind == "epoch")
    for form, code, sentence in (
        ({"wish": "pause"}, 429, "several runs stand still already"),
        ({"wish": "sing"}, 422, "a run is asked to pause, resume, event, epoch, back, show or speed, found 'sing'"),
        ({"wish": "back"}, 422, "this run does not stand still yet"),
        (
            {"wish": "speed", "speed": "-1"},
            422,
            "a speed is from 0.01 to 10,000 simulated seconds per second, found -1",
        ),
        ({}, 422, "found ''"),
    ):
        refused = visitor.post(f"{long}/pace", form, headers=SCRIPT)
        assert refused.status_code == code
        assert sentence in refused.json["error"]["sentence"]
    assert visitor.get(f"{long}/fork").status_code == 409
    visitor.post(f"{waiting}/stop")
    assert not stored(ended(visitor, waiting)).journal[-1].complete
    ask(visitor, long, "pause")
    placed(visitor, long, lambda place: True)


def state(visitor: Visitor, live: str) -> str:
    return re.search(r'id="state" role="status" data-still="[^"]+">(.*?)</p>', visitor.get(live).text)[1]


def test_the_page_of_a_run_says_whether_it_has_begun_and_how_far_it_is(visitor):
    held = start(visitor, pace="paused")
    placed(visitor, held, lambda place: True)
    assert state(visitor, held).startswith("It stands still at its beginning: “Go on” plays it")
    for _ in range(2):
        ask(visitor, held, "epoch")
    next(note for note in job(visitor, held).since(0, PATIENCE) if note.kind == "epoch" and note.content["epoch"] == 1)
    assert state(visitor, held) == "Epoch 1 of 3 has passed."
    long = start(visitor, epochs="500", **{"p-shock_percent": "0"})
    waiting = start(visitor, pace="paused")
    assert state(visitor, waiting) == "It starts after the run before it.", "it does not wait for one that is held"
    for live in (waiting, long, held):
        visitor.post(f"{live}/stop")
        [*job(visitor, live).since(0, PATIENCE)]


CHANGES = {
    "none": {},
    "order": {"agent": "noise-0", "side": "-1", "symbol": "ACME", "quantity": "7", "limit": "99.5"},
    "parameter": {"agent": "maker-0", "parameter": "spread_bps", "value": "80"},
    "leave": {"agent": "maker-2"},
    "byzantine": {"validator": "3", "behaviour": "silent"},
}


@pytest.mark.thorough
def test_a_stored_run_is_forked_at_an_event_with_every_change(small_run):
    original = archive.load(small_run).journal
    whole = archive.load(small_run).manifest.fingerprint
    at = next(number for number, event in enumerate(original) if type(event) is EpochStarted and event.epoch == 2)
    for change, fields in CHANGES.items():
        form = ForkForm.filled(
            roll_of(original), "small-run", len(original) - 1, {"event": str(at), "change": change, **fields}
        )
        fork, paused, speed = form.read()
        assert (paused, speed) == (False, None)
        session = fork.session(FirstMarket(traders=6))
        journal = session.run().journal
        inputs = [event for event in journal if type(event) is InputReceived]
        if change == "byzantine":
            assert {event.epoch for event in journal if type(event) is ByzantineAct} == {3, 4, 5}
            continue
        assert journal.since(0)[: at + 1] == original.since(0)[: at + 1]
        assert (session.result.fingerprint == whole) is (change == "none")
        assert [event.sender for event in inputs] == ([] if change == "none" else [fields["agent"]])
        if change == "order":
            place = next(number for number, event in enumerate(journal) if type(event) is InputReceived)
            order = journal[place + 1]
            assert isinstance(order, OrderAccepted)
            assert (order.terms.side, order.terms.quantity, order.terms.limit) == (-1, 7, 9950)


def test_a_fork_of_a_stored_run_is_shown_beside_it(visitor, stored, run_address):
    assert 'value="700"' in visitor.get(f"{run_address}/fork?event=700").text
    live = visitor.post(f"{run_address}/fork", {"event": "700", "change": "leave", "agent": "maker-1"}).headers[
        "Location"
    ]
    name = ended(visitor, live)
    assert [event.kind for event in stored(name).journal.of(InputReceived)] == ["Leave"]
    assert "maker-1 asks from outside: Leave" in visitor.get(f"/runs/{name}").text
    assert visitor.get(live).headers["Location"] == f"/runs/compare?left=small-run&right={name}"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"event": "99999999"}, "After the event must be a whole number from 0 to"),
        ({"change": "weather"}, "choose one of none, order"),
        ({"change": "leave", "agent": "maker-0"}, "the run is over there, so nothing can change"),
        ({"change": "order", "agent": "nobody", "symbol": "ACME", "side": "1", "venue": ""}, "choose one of maker-0"),
        (
            {"change": "order", "agent": "noise-0", "symbol": "ACME", "side": "1", "limit": "99.123"},
            "at most 2 decimals",
        ),
        (
            {"change": "parameter", "agent": "maker-0", "parameter": "hats", "value": "1"},
            "strategy of maker-0 has lean_bps",
        ),
        ({"change": "parameter", "agent": "maker-0", "parameter": "size", "value": "big"}, "expected a number"),
        ({"pace": "fast"}, "a speed is from"),
    ],
)
def test_a_fork_that_cannot_be_had_is_told_beside_its_field(visitor, run_address, form, sentence):
    answer = visitor.post(f"{run_address}/fork", form)
    assert answer.status_code == 422
    assert sentence in answer.text
