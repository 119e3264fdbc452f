# The fixtures of the site's unit tests are used here, too.
# ruff: noqa: F401, F811
"""Runs that are started from a form: played elsewhere, told as they go, bounded in number and time."""

from __future__ import annotations

import re

import pytest

from market_sim.core.data import archive
from market_sim.core.models.run_events import RunEnded
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.streamlet_demo import StreamletDemo
from market_sim.ui.web import run_queue
from market_sim.ui.web.application import create_app
from market_sim.ui.web.player import Note, Request
from market_sim.ui.web.run_queue import MOST_WAITING, Job, RunQueue
from market_sim.ui.web.sse import MOST_STREAMS, Streams
from tests.conftest import PATIENCE
from tests.unit.ui.web.conftest import Visitor, folders, small_run, visitor

LONG = {"epochs": "500", "p-traders": "40", "p-makers": "3", "p-shock_percent": "0", "p-volatility_bps": "3"}
"""A run of the scenario first-market that takes far longer than what a test does meanwhile."""
FORM = {"seed": "5", "epochs": "3", "p-traders": "2", "p-byzantine": "", "settlement": "memory"}


def start(visitor, scenario="streamlet", **changes):
    answer = visitor.post(f"/scenarios/{scenario}", {**FORM, **changes})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def messages(visitor, live, **headers):
    """The whole stream, to its end."""
    answer = visitor.get(f"{live}/events", headers=headers)
    assert answer.mimetype == "text/event-stream"
    return [(int(number), kind) for number, kind in re.findall(r"^id: (\d+)\nevent: (\w+)$", answer.text, re.MULTILINE)]


def test_a_run_from_the_page_is_the_run_of_the_command_line(visitor, tmp_path):
    live = start(visitor)
    told = messages(visitor, live)
    assert [kind for _, kind in told] == ["epoch"] * 4 + ["done"]
    assert [number for number, _ in told] == sorted(number for number, _ in told)
    page = visitor.get(live)
    assert page.status_code == 302
    name = page.headers["Location"].rpartition("/")[2]
    here = simulate(StreamletDemo(traders=2), Options(seed=5, epochs=3, settlement="memory"))
    assert archive.load(tmp_path / "results" / name).manifest.fingerprint == here.fingerprint
    assert visitor.get(f"/runs/{name}").status_code == 200
    assert "Play again" in visitor.get(f"/runs/{name}").text


def test_a_guest_from_the_form_trades_and_play_again_invites_it_again(visitor):
    market = {"p-traders": "6", "p-makers": "3", "p-shock_percent": "-3", "p-volatility_bps": "3"}
    live = start(visitor, "first-market", guests="momentum,cash=2500,threshold_bps=1", **market)
    assert messages(visitor, live)[-1][1] == "done"
    page = visitor.get(visitor.get(live).headers["Location"]).text
    assert re.search(r">momentum</th>", page)
    again = re.search(r'href="(/scenarios/first-market\?[^"]*)"', page)[1].replace("&amp;", "&")
    assert 'value="momentum,cash=2500,threshold_bps=1"' in visitor.get(again).text


def test_a_stream_goes_on_after_the_last_event_that_was_seen(visitor):
    live = start(visitor)
    whole = messages(visitor, live)
    for seen in range(len(whole)):
        rest = messages(visitor, live, **{"Last-Event-ID": str(whole[seen][0])})
        assert rest == whole[min(seen + 1, len(whole) - 1) :], "nothing is lost and nothing is told twice"
    for strange in ("", "x", "-1", "9" * 50, "1.5", "²"):
        assert messages(visitor, live, **{"Last-Event-ID": strange}) == whole


def test_a_scenario_that_cannot_be_built_ends_in_a_sentence(visitor):
    live = start(visitor, behaviour="silent", behaviour_of="2", crash="n2@2-3")
    assert messages(visitor, live)[-1][1] == "refused"
    page = visitor.get(live)
    assert page.status_code == 200
    assert "n2 is byzantine: an outage needs an honest validator" in page.text


def test_a_run_that_takes_too_long_is_stopped_and_kept(folders):
    visitor = Visitor(create_app({**folders, "JOB_SECONDS": 0.1}))
    live = start(visitor, epochs="500")
    assert messages(visitor, live)[-1][1] == "done"
    page = visitor.get(live, follow_redirects=True).text
    assert "The run took longer than 0.1 seconds and was stopped" in page
    assert re.search(r"partial: stopped in epoch \d+ of 500", page)


def only_the_end(request, results, pipe):
    """A job that tells nothing before it is stopped."""
    pipe.recv()
    pipe.send(Note("done", 0, {"run": "", "complete": False}))


def test_a_job_that_is_stopped_while_its_process_begins_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(run_queue, "STOP_SECONDS", 0)
    queue = RunQueue(tmp_path, seconds=0)
    job = queue.take(Request("streamlet", {}, Options()), task=only_the_end)
    assert [note.kind for note in job.since(0, PATIENCE)] == ["done"]
    queue.close()


@pytest.mark.thorough
def test_a_stopped_run_is_kept_as_far_as_it_came(visitor, tmp_path, capfd):
    live = start(visitor, "first-market", **LONG)
    queue = visitor.app.extensions["jobs"]
    for note in queue.find(1).since(0, PATIENCE):
        if note.kind == "epoch" and note.content["epoch"] == 2:
            break
    assert visitor.post(f"{live}/stop").status_code == 303
    number, kind = messages(visitor, live)[-1]
    assert kind == "done"
    address = visitor.get(live).headers["Location"]
    page = visitor.get(address).text
    reached = int(re.search(r"partial: stopped in epoch (\d+) of 500", page)[1])
    assert 2 <= reached < 500
    kept = archive.load(tmp_path / "results" / address.rpartition("/")[2])
    assert kept.manifest.events == number + 1
    assert kept.journal[number] == RunEnded(kept.journal[number].time, False)
    assert "partial: stopped in epoch" in visitor.get("/runs").text
    queue.close()
    assert "Traceback" not in capfd.readouterr().err


def test_a_run_that_waits_never_begins_when_it_is_stopped(visitor):
    start(visitor, "first-market", **LONG)
    waiting = start(visitor)
    visitor.post(f"{waiting}/stop")
    assert messages(visitor, waiting) == [(0, "refused")]
    assert "the run was stopped before it began" in visitor.get(waiting).text
    visitor.app.extensions["jobs"].close()


def test_a_closed_office_has_written_the_run_that_was_played(visitor, tmp_path):
    start(visitor, "first-market", **LONG)
    queue = visitor.app.extensions["jobs"]
    next(note for note in queue.find(1).since(0, PATIENCE) if note.kind == "epoch")
    queue.close()
    assert not queue.pending
    assert not archive.load(tmp_path / "results" / queue.find(1).run).journal[-1].complete


def test_a_run_on_its_way_shows_its_chart(visitor):
    live = start(visitor, "first-market", **LONG)
    assert visitor.get(f"{live}/figure.json").status_code == 404
    job = visitor.app.extensions["jobs"].find(1)
    editions = (note.content["edition"] for note in job.since(0, PATIENCE) if note.kind == "drawn")
    assert next(editions) < next(editions)
    answer = visitor.get(f"{live}/figure.json?edition=2")
    assert answer.headers["Cache-Control"] == "no-store"
    drawn = answer.get_json()
    assert {"bid", "best bid", "best ask"} & {trace.get("name") for trace in drawn["figure"]["data"]}
    assert drawn["whole"][1] < 500, "what has not happened is not drawn"
    visitor.app.extensions["jobs"].close()


def test_a_lesson_does_not_take_a_run_that_was_stopped_for_its_own(folders):
    visitor = Visitor(create_app({**folders, "JOB_SECONDS": 0.1}))
    page = "/lessons/01-order-book"
    choice = re.search(r'name="choice" value="([^"]+)"', visitor.get(page).text)[1]
    live = visitor.post(f"{page}/look", {"choice": choice}).headers["Location"]
    assert messages(visitor, live)[-1][1] == "done"
    assert visitor.get(live).headers["Location"].startswith("/runs/first-market-seed")
    assert "Play the run" in visitor.get(page).text


@pytest.mark.thorough
def test_the_queue_has_an_end(visitor):
    start(visitor, "first-market", **LONG)
    statuses = [visitor.post("/scenarios/streamlet", FORM).status_code for _ in range(MOST_WAITING + 3)]
    assert statuses[-1] == 429
    assert statuses.count(303) >= MOST_WAITING
    visitor.app.extensions["jobs"].close()


def test_the_lesson_of_a_run_gets_it_back(visitor, tmp_path):
    page = "/lessons/01-order-book"
    choice = re.search(r'name="choice" value="([^"]+)"', visitor.get(page).text)[1]
    live = visitor.post(f"{page}/look", {"choice": choice}).headers["Location"]
    assert messages(visitor, live)[-1][1] == "done"
    assert visitor.get(live).headers["Location"] == f"{page}#look"
    shown = visitor.get(page).text
    assert 'id="chart"' in shown
    assert "/runs/lesson-01-order-book/figure.json" in shown
    assert "Play the run" not in shown


@pytest.fixture
def job():
    made = Job(1, Request("streamlet", {}, Options()))
    for number in (10, 20, 30):
        made.tell(Note("epoch", number, {}))
    return made


def test_open_streams_are_counted_and_given_back(job):
    streams = Streams()
    opened = [streams.open(job, None) for _ in range(MOST_STREAMS)]
    assert all(opened)
    assert streams.open(job, None) is None
    opened[0].close()
    opened[0].close()
    again = streams.open(job, None)
    assert again is not None
    assert streams.open(job, None) is None


def test_a_quiet_stream_says_that_it_is_still_there(job, monkeypatch):
    monkeypatch.setattr("market_sim.ui.web.sse.QUIET_SECONDS", 0.01)
    stream = Streams().open(job, 20)
    assert next(stream).startswith("retry:")
    assert next(stream).startswith("id: 30\n")
    assert next(stream) == ": still here\n\n"
    job.refuse("enough")
    assert "refused" in next(stream)
    with pytest.raises(StopIteration):
        next(stream)


def test_after_the_end_nothing_more_is_told(job):
    job.refuse("enough")
    job.tell(Note("epoch", 40, {}))
    assert job.notes[-1].kind == "refused"
