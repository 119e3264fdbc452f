"""How a run's page opens: refused before anything is sent, its beginning first, the newest run read ahead."""

from __future__ import annotations

import json
import re
import shutil
import threading

import pytest

from market_sim.core.data.journal import Journal
from market_sim.core.models.consensus_events import BlockProposed
from market_sim.simulation.options import Options
from market_sim.simulation.run import simulate
from market_sim.simulation.scenarios.first_market import FirstMarket
from market_sim.ui.web import run_charts, run_library
from market_sim.ui.web.presentation import SO_FAR
from market_sim.ui.web.reading_ahead import ReadingAhead
from market_sim.ui.web.run_library import OPEN_RUNS, RunLibrary
from market_sim.ui.web.static_files import StaticFiles, plotly_file
from tests.conftest import PATIENCE


def finish() -> None:
    """Wait for whoever reads ahead."""
    for thread in threading.enumerate():
        if thread.name == "reading-ahead":
            thread.join(PATIENCE)
            assert not thread.is_alive()


def flip(path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    path.write_bytes(bytes(damaged))


def test_the_beginning_of_the_page_is_sent_before_anything_is_worked_out(visitor, run_address, monkeypatch):
    asked = []
    told = run_library.charts_of
    monkeypatch.setattr(run_library, "charts_of", lambda history: asked.append(history) or told(history))
    with visitor.get(run_address, buffered=False) as answer:
        parts = iter(answer.response)
        beginning = next(parts).decode()
        assert not asked
        assert beginning.endswith(str(SO_FAR))
        assert "plotly.min.js" in beginning
        rest = b"".join(parts).decode()
    assert asked
    assert "conservation" in rest
    assert rest.rstrip().endswith("</html>")


def test_the_cookie_of_a_first_visitor_is_sent_with_the_beginning(visitor, run_address):
    page = visitor.get(run_address)
    known = re.search(r'name="csrf-token" content="([^"]+)"', page.text)[1]
    assert known == visitor.token()


def test_what_the_page_asks_the_browser_to_fetch_is_what_its_script_will_ask_for(visitor, run_address):
    page = visitor.get(f"{run_address}?event=400").text
    fetched = re.findall(r'as="fetch" crossorigin href="([^"]+)"', page)
    assert fetched == [f"{run_address}/instant.json?event=400", f"{run_address}/figure.json"]
    assert visitor.get(fetched[0]).get_json()["at"] == 400
    plain, full = (
        visitor.get(f"{run_address}/figure.json{query}").get_json()
        for query in ("", "?symbol=ACME&show=market,consensus,settlement")
    )
    assert plain == full


@pytest.mark.parametrize("rest", ["", "/figure.json", "/instant.json", "/journal", "/orders", "/export"])
def test_one_flipped_bit_refuses_every_page_of_a_run(visitor, run_address, tmp_path, rest):
    flip(tmp_path / "results" / "small-run" / "journal.jsonl.gz")
    answer = visitor.get(run_address + rest)
    assert answer.status_code == 422
    assert "small-run" in answer.text
    assert str(tmp_path) not in answer.text


def test_the_newest_run_is_read_while_somebody_looks_at_the_list(visitor, run_address):
    library = visitor.app.extensions["library"]
    entry = library.find("small-run")
    assert not library.has_open(entry)
    visitor.get("/runs")
    finish()
    assert library.has_open(entry)
    run = library.open(entry)
    before = dict(run._known)
    visitor.get(run_address)
    visitor.get(f"{run_address}/figure.json")
    visitor.get(f"{run_address}/instant.json?event={run.last}")
    assert run._known == before, "everything that the page shows at first was there"


def test_a_damaged_newest_run_spoils_no_list_and_is_refused_to_whoever_opens_it(visitor, run_address, tmp_path):
    flip(tmp_path / "results" / "small-run" / "journal.jsonl.gz")
    assert visitor.get("/runs").status_code == 200
    finish()
    assert visitor.get(run_address).status_code == 422
    assert visitor.get("/runs").status_code == 200
    finish()


def test_one_run_is_read_ahead_at_a_time(visitor, tmp_path, small_run, monkeypatch):
    for number in range(OPEN_RUNS):
        shutil.copytree(small_run, tmp_path / "results" / f"other-{number}")
    library = RunLibrary(tmp_path / "results")
    ahead, free, reads = ReadingAhead(library), threading.Event(), []
    monkeypatch.setattr(run_charts, "prepare", lambda run: (reads.append(run.name), free.wait(PATIENCE)))
    for entry in library.entries():
        ahead.begin(entry)
    free.set()
    finish()
    assert len(reads) == 1


def test_a_very_long_run_is_not_read_ahead(visitor, monkeypatch):
    monkeypatch.setattr("market_sim.ui.web.reading_ahead.MOST_EVENTS", 100)
    visitor.get("/runs")
    finish()
    library = visitor.app.extensions["library"]
    assert not library.has_open(library.find("small-run"))


def test_plotlys_script_is_that_of_the_installed_package_with_its_licence(visitor):
    files = StaticFiles()
    sent = visitor.get(f"/plotly/{files.plotly}/plotly.min.js").data
    assert sent == plotly_file().read_bytes()
    assert b"MIT" in sent[:1000]


@pytest.mark.parametrize("events", [0, 1, 30, 3_000])
def test_the_chart_of_a_run_that_still_goes_on_is_drawn_of_its_journal_so_far(events):
    journal, whole = Journal(), simulate(FirstMarket(), Options(epochs=5, settlement="memory")).journal
    for number in range(events):
        journal.record(whole[number])
    drawn = json.loads(run_charts.drawing_so_far(journal))
    blocks = {event.block for event in journal.of(BlockProposed)}
    squares = [trace for trace in drawn["figure"]["data"] if trace["name"] in ("proposed", "notarized", "finalized")]
    told = {line.split("hash ")[1][:6] for trace in squares for line in trace["customdata"] if "hash " in line}
    assert told == {block[:6] for block in blocks}
    assert bool(blocks) is (events == 3_000)
